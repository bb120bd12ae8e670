"""The version in force stays while its document cannot be served, and goes when that is gone."""

from pathlib import Path

import pytest

from poplin.catalog import Catalog
from poplin.resources import Served, keep_served, load, resolve
from tests.resources.test_load import BROKER, GOOD

UNREADABLE = "a: [\n"
NO_REF = GOOD.replace("uri: 'http://s/'", "ref: {kind: Service, name: gone, apiVersion: v1}")
ALL = frozenset({"Broker/default/b", "Trigger/default/t"})


def served(folder: Path, text: str, may_be_hidden: frozenset[str] = ALL) -> Served:
    """After the good files were in force."""
    file = folder / "f.yaml"
    known = Catalog(1)
    for each in (f"{BROKER}---\n{GOOD}", text):
        file.write_text(each)
        loaded = load([file])
        found = resolve(loaded, lambda *_: "uid", broker_url=lambda *_: "http://i/")
        result = keep_served(found, loaded, known, may_be_hidden)
        resolved = result.resolved
        known = Catalog(
            known.version + 1,
            {each.key: each for each in resolved.brokers},
            {each.key: each for each in resolved.triggers},
            verdicts={each.key: each for each in resolved.verdicts},
        )
    return result


@pytest.mark.parametrize(
    ("text", "warned"),
    [
        (f"{BROKER}---\n{NO_REF}", {"t"}),
        (f"{BROKER}---\n{GOOD}  delivery: {{retry: -1}}\n", {"t"}),
        (f"{BROKER}spec: {{x: 1}}\n---\n{GOOD}", {"b", "t"}),
        (f"{BROKER}---\n{UNREADABLE}", {"t"}),
        (UNREADABLE, {"b", "t"}),
    ],
)
def test_a_mistake_costs_no_event(tmp_path: Path, text: str, warned: set[str]) -> None:
    found = served(tmp_path, text).resolved

    assert [each.name for each in found.brokers] == ["b"]
    assert [each.subscriber_uri for each in found.triggers] == ["http://s/"]
    assert {each.name for each in found.verdicts if each.warnings} == warned


@pytest.mark.parametrize(
    ("text", "brokers", "triggers"),
    [
        (BROKER, ["b"], []),
        (GOOD, [], []),
        (f"{BROKER}---\n{GOOD.replace('broker: b', 'broker: c')}", ["b"], []),
        (BROKER.replace("{name: b}", "{name: c}"), ["c"], []),
    ],
)
def test_what_is_taken_away_goes(
    tmp_path: Path, text: str, brokers: list[str], triggers: list[str]
) -> None:
    found = served(tmp_path, text)

    assert [each.name for each in found.resolved.brokers] == brokers
    assert [each.name for each in found.resolved.triggers] == triggers
    assert not found.hidden


def test_an_error_hides_only_what_was_not_seen_before(tmp_path: Path) -> None:
    """Seen before, an edit keeps it or shows that it is gone."""
    text = f"{BROKER}---\n{UNREADABLE}"

    assert served(tmp_path, text).hidden == {"Trigger/default/t"}
    assert not served(tmp_path, text, frozenset()).resolved.triggers

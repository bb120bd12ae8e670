"""What an edit did to the sources is told in a line for each."""

from dataclasses import replace
from pathlib import Path

import pytest

from poplin.catalog import Condition
from poplin.resources import ResolvedSource
from poplin.watch import source_news
from tests.resources.sources import API_SERVER, PING, annotated, with_spec
from tests.resources.sources import resolved as read
from tests.sources.stage import resolved

SHOP = resolved()
assert SHOP.source is not None
NOT_READY = replace(
    SHOP, status=replace(SHOP.status, conditions=(Condition("Ready", "False", "Why", "because"),))
)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ([], [SHOP], [("WebhookSource default/shop added", "info")]),
        ([SHOP], [], [("WebhookSource default/shop removed", "info")]),
        ([SHOP], [SHOP], []),
        ([SHOP], [resolved(digest="2")], [("WebhookSource default/shop changed", "info")]),
        (
            [SHOP],
            [replace(SHOP, source=replace(SHOP.source, overrides=(("team", "porters"),)))],
            [("WebhookSource default/shop changed", "info")],
        ),
        (
            [SHOP],
            [replace(SHOP, source=replace(SHOP.source, warnings=("w",), refused_edit="no"))],
            [],
        ),
        ([SHOP], [resolved(secrets=(b"new",))], [("WebhookSource default/shop changed", "info")]),
        (
            [SHOP],
            [NOT_READY],
            [("WebhookSource default/shop changed, not ready: Why: because", "warning")],
        ),
        ([SHOP], [replace(SHOP, status=replace(SHOP.status, warnings=("w",)))], []),
    ],
    ids=[
        "added",
        "removed",
        "same",
        "spec",
        "what else is served",
        "an edit refused",
        "secret",
        "not ready",
        "warnings alone",
    ],
)
def test_changes_are_told(
    before: list[ResolvedSource], after: list[ResolvedSource], lines: list[tuple[str, str]]
) -> None:
    assert list(source_news(before, after)) == lines


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (API_SERVER, with_spec(API_SERVER, "mode: Resource"), "ApiServerSource default/x changed"),
        (API_SERVER, annotated(API_SERVER, initial_list="emit"), "ApiServerSource default/x changed"),
        (PING, with_spec(PING, "schedule: '@hourly'"), "PingSource default/x changed"),
        (PING, f"# moved\n{PING}", None),
    ],
    ids=["spec", "annotation", "schedule", "place"],
)  # fmt: skip
def test_changes_of_sources_that_act_by_themselves_are_told(
    tmp_path: Path, before: str, after: str, line: str | None
) -> None:
    found = list(source_news([read(tmp_path, before)], [read(tmp_path, after)]))

    assert found == ([(line, "info")] if line else [])


def test_of_many_the_rest_is_counted() -> None:
    lines = list(source_news([], [resolved(f"s{number:02}") for number in range(25)]))

    assert len(lines) == 21
    assert lines[0] == ("WebhookSource default/s00 added", "info")
    assert lines[-1] == ("and 5 more sources", "info")

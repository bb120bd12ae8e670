"""A refused edit of a source, or of its Secret, costs nothing."""

from dataclasses import replace
from pathlib import Path

import pytest

from poplin.resources import Loaded, ResolvedSource, keep_good, load, resolve_sources
from tests.resources.sources import API_SERVER, GITHUB, PING, SECRET, VALUE, WEBHOOK, with_spec

GOOD = f"{GITHUB}---\n{SECRET}"
BAD = with_spec(GITHUB, "eventTypes: []")


def edited(folder: Path, **files: str) -> Loaded:
    """What is served after `f` held GOOD, and was edited so."""
    (folder / "f.yaml").write_text(GOOD)
    before = load([folder])
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return keep_good(before, load([folder]))


def resolved(loaded: Loaded) -> list[ResolvedSource]:
    return resolve_sources(loaded, broker_url=lambda *_: "", receiver_url=str)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{BAD}---\n{SECRET}", "f.yaml:1 is refused: spec.eventTypes: is empty; give at least"),
        (f"{GITHUB}  a: [\n---\n{SECRET}", "f.yaml:10 is refused: this is not YAML"),
        (GOOD.replace("/v1alpha1", "/v1"), "f.yaml:1 is refused: apiVersion: 'sources.knative"),
        (GOOD.replace("GitHubSource", "GithubSource"), "f.yaml:2 is refused: 'GithubSource' is"),
    ],
)
def test_a_source_that_an_edit_breaks_is_served_as_it_was_and_says_so(
    tmp_path: Path, text: str, words: str
) -> None:
    loaded = edited(tmp_path, f=text)

    (found,) = resolved(loaded)
    assert found.source is not None
    assert found.status.ready
    assert found.secrets == (VALUE.encode(),)
    (warning,) = found.status.warnings
    assert words in warning
    assert warning.endswith("; the version before it is served")
    assert loaded.problems


@pytest.mark.parametrize(
    "secret",
    [
        SECRET.replace("stringData", "stringdata"),
        SECRET.replace(f"'{VALUE}'", "[1]"),
        SECRET.replace(f"'{VALUE}'", "*nothing"),
        SECRET.replace("stringData", "data"),
        SECRET.replace("metadata: {name: s}", "metadata: {}"),
    ],
)
def test_a_secret_that_an_edit_makes_unreadable_is_known_still(tmp_path: Path, secret: str) -> None:
    loaded = edited(tmp_path, f=f"{GITHUB}---\n{secret}")

    (found,) = resolved(loaded)
    assert found.status.ready
    assert found.secrets == (VALUE.encode(),)
    assert loaded.problems
    assert VALUE not in repr(loaded)


def test_a_secret_that_is_gone_is_gone(tmp_path: Path) -> None:
    (found,) = resolved(edited(tmp_path, f=GITHUB))

    assert not found.status.ready
    assert found.secrets == ()


def test_a_source_that_is_gone_is_gone(tmp_path: Path) -> None:
    assert not edited(tmp_path, f=SECRET).sources


def test_a_source_whose_path_another_has_now_is_not_kept(tmp_path: Path) -> None:
    """It is not known whether it is still there; the other one is."""
    loaded = edited(tmp_path, f="a: [\n", g=WEBHOOK)

    assert [each.key for each in loaded.sources] == ["WebhookSource/default/x"]


@pytest.mark.parametrize("document", [API_SERVER, PING])
def test_a_source_that_has_no_path_displaces_none(tmp_path: Path, document: str) -> None:
    loaded = edited(tmp_path, f="a: [\n", g=document)

    assert {each.kind for each in loaded.sources} > {"GitHubSource"}


def test_a_watcher_that_an_edit_breaks_is_served_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(API_SERVER)
    before = load([tmp_path])
    (tmp_path / "f.yaml").write_text(with_spec(API_SERVER, "mode: Whole"))

    (found,) = resolved(keep_good(before, load([tmp_path])))

    assert found.source == replace(before.sources[0], refused_edit=found.status.warnings[0])
    assert found.status.ready
    assert (
        "is refused: spec.mode: 'Whole' is not allowed; use Reference or"
        in (found.status.warnings[0])
    )


def test_a_mended_edit_is_served_and_says_nothing_more(tmp_path: Path) -> None:
    refused = edited(tmp_path, f=f"{BAD}---\n{SECRET}")
    mended = with_spec(GITHUB, "eventTypes: [star]")
    (tmp_path / "f.yaml").write_text(f"{mended}---\n{SECRET}")

    (found,) = resolved(keep_good(refused, load([tmp_path])))

    assert found.status.warnings == ()
    assert found.source is not None
    assert ("Events", "star") in found.status.settings

"""A refused edit keeps the last good version; what is really gone is gone."""

from pathlib import Path

import pytest

from poplin.catalog import Verdict
from poplin.resources import Loaded, Loader, Problem, keep_good, load, resolve
from tests.resources.test_load import BROKER, GOOD

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {type: ExternalName, externalName: h}\n"
FIRST = f"{BROKER}---\n{GOOD}---\n{SERVICE}"
MANY = ", ".join(f"x{n}: 1" for n in range(101))
BAD = GOOD + "  delivery: {retry: -1}\n"


def edited(folder: Path, text: str | bytes | None, before: Loaded | None = None) -> Loaded:
    """What is served after FIRST, or `before`, was edited so; None removes the file."""
    file = folder / "f.yaml"
    file.write_text(FIRST)
    before = before or load([file])
    if text is None:
        file.unlink()
    else:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return keep_good(before, load([file]))


def verdicts(loaded: Loaded) -> dict[str, Verdict]:
    found = resolve(loaded, lambda *_: "uid", broker_url=lambda *_: "http://i/").verdicts
    return {each.name: each for each in found}


@pytest.mark.parametrize(
    ("text", "kept", "words"),
    [
        (f"{BROKER}---\n{BAD}---\n{SERVICE}", "t", ":5 is refused: spec.delivery.retry: -1 is"),
        (f"{BROKER}spec: {{x: 1}}\n---\n{GOOD}", "b", ":1 is refused: spec.x: unknown field"),
        (f"{BROKER}---\n{GOOD}  a: [\n---\n{SERVICE}", "t", ":12 is refused: this is not YAML"),
        (
            f"{BROKER}---\n{GOOD.replace('{name: t}', '{}')}",
            "t",
            ":7 is refused: is missing; it is",
        ),
        (
            f"{BROKER}---\n{GOOD.replace('Trigger', 'Triger')}",
            "t",
            ":6 is refused: 'Triger' is not",
        ),
        (
            f"{BROKER}---\n{GOOD.replace('/v1', '/v2')}",
            "t",
            ":5 is refused: apiVersion: 'eventing.",
        ),
        (f"{BROKER}---\n- x\n", "t", ":5 is refused: a list is not allowed"),
        ("kind: List\napiVersion: v1\nitems: {}\n", "t", ":3 is refused: a mapping is not allowed"),
        (FIRST.encode("utf-16"), "t", ":1 is refused: it is not UTF-8"),
        ("", "t", " is refused: holds no document"),
        ("# all of it is commented out\n", "t", " is refused: holds no document"),
        ("---\n" * 10_002, "t", ":10001 is refused: a file may hold 10000 documents"),
        (f"{BROKER}spec: {{{MANY}}}\n---\n- x\n", "t", " is refused: has 2 more errors"),
    ],
)
def test_what_an_edit_breaks_is_served_as_it_was_and_says_so(
    tmp_path: Path, text: str | bytes, kept: str, words: str
) -> None:
    found = edited(tmp_path, text)

    verdict = verdicts(found)[kept]
    (warning,) = verdict.warnings
    assert verdict.ready
    assert words in warning.partition("f.yaml")[2]
    assert warning.endswith("; the version before it is served")
    assert found.problems


@pytest.mark.parametrize("text", [None, f"{SERVICE}"])
def test_what_is_gone_from_a_file_that_can_be_read_is_gone(
    tmp_path: Path, text: str | None
) -> None:
    found = edited(tmp_path, text)

    assert not found.brokers
    assert not found.triggers


def test_a_service_whose_edit_is_refused_keeps_its_address(tmp_path: Path) -> None:
    found = edited(tmp_path, FIRST.replace("externalName: h", "externalName: http://h"))

    assert [each.external_name for each in found.services] == ["h"]
    assert len(found.problems) == 1


def test_a_mended_edit_is_served_and_says_nothing_more(tmp_path: Path) -> None:
    refused = edited(tmp_path, f"{BROKER}---\n{BAD}")
    twice = edited(tmp_path, f"{BROKER}---\n{BAD.replace('-1', '-2')}", refused)

    mended = edited(tmp_path, f"{BROKER}---\n{BAD.replace('-1', '7')}", twice)

    (warning,) = verdicts(twice)["t"].warnings
    assert "-2 is not allowed" in warning
    assert "is refused" not in str(verdicts(mended)["t"].warnings)
    assert mended.triggers[0].delivery is not None
    assert mended.triggers[0].delivery.retry == 7


def test_what_was_refused_from_the_first_stays_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(BAD)
    first = load([tmp_path / "f.yaml"])

    again = edited(tmp_path, BAD, first)
    hidden = edited(tmp_path, "a: [", again)

    assert verdicts(again)["t"].reason == "Invalid"
    assert verdicts(hidden)["t"].reason == "Invalid"


def test_a_document_that_moved_to_another_file_is_served_from_there(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(FIRST)
    before = load([tmp_path])
    (tmp_path / "f.yaml").write_text("a: [\n")
    (tmp_path / "g.yaml").write_text(GOOD)

    found = keep_good(before, load([tmp_path]))

    assert found.triggers[0].place.file == str(tmp_path / "g.yaml")
    assert not found.triggers[0].refused_edit
    assert found.brokers[0].refused_edit


def test_a_folder_that_cannot_be_read_hides_what_is_below_it(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "f.yaml").write_text(FIRST)
    before = load([folder])
    hidden = Problem(str(folder), 0, "cannot be read: Permission denied", hides=True)

    assert keep_good(before, Loaded(problems=[hidden])).documents.keys() == before.documents.keys()


def test_a_loader_reads_a_file_anew_when_its_text_is_another_one(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(BROKER)
    (tmp_path / "g.yaml").write_text(GOOD)
    loader = Loader([tmp_path, tmp_path / "g.yaml"])
    first = loader.load()
    (tmp_path / "g.yaml").write_text(f"# moved\n{GOOD}")

    second = loader.load()

    assert second.brokers[0] is first.brokers[0]
    assert (first.triggers[0].place.line, second.triggers[0].place.line) == (1, 2)
    assert not second.problems

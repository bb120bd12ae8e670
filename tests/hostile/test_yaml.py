"""Files made to do harm: each is served as meant, or refused in lines that name file and line."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.resources import Loaded, load
from tests.quick import cpu_s

BROKER = "apiVersion: eventing.knative.dev/v1\nkind: Broker\nmetadata: {name: b}\n"
TRIGGER = (
    "apiVersion: eventing.knative.dev/v1\nkind: Trigger\nmetadata: {name: t}\nspec:\n"
    "  broker: b\n  subscriber: {uri: 'http://s/'}\n"
)
GOOD = f"{BROKER}---\n{TRIGGER}"
MEBIBYTE = 1024 * 1024
LARGE = 256 * 1024
MOST_S = 4.0
"""For a large file of text, or for 100,000 values; on a free machine two."""

LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
)

# The document, and what is said of it, from the line on.
REFUSED: dict[str, tuple[str, str]] = {
    "a billion laughs": (LAUGHS, "more than 100000 values"),
    "laughs in mappings": (
        "a0: &a0 {x: y}\n"
        + "".join(f"a{n}: &a{n} {{p: *a{n - 1}, q: *a{n - 1}}}\n" for n in range(1, 40)),
        "more than 100000 values",
    ),
    "laughs merged": (
        "a0: &a0 {x: y}\n"
        + "".join(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
        "more than 100000 values",
    ),
    "an anchor within itself": ("&a [*a]", "1: the document is nested more than 64 deep"),
    "an anchor within itself, in a mapping": ("a: &a\n  b: *a", "nested more than 64 deep"),
    "an anchor that merges itself": ("a: &a\n  <<: *a", "nested more than 64 deep"),
    "two anchors within each other": ("a: &a [&b [*a, *b]]", "nested more than 64 deep"),
    "an anchor for a key": ("? &a [*a]\n: x", "1: a field name must be plain text"),
    "an unknown alias": ("a: *b", "1: this is not YAML: found undefined alias"),
    "an alias before its anchor": ("a: *b\nb: &b x", "1: this is not YAML"),
    "a merge of text": ("<<: x", "1: << takes a mapping or a list of mappings"),
    "a merge of a list of lists": ("<<: [[x]]", "1: << takes a mapping"),
    "Python's object": ("!!python/object:os.system {}", "1: the tag 'tag:yaml.org,2002:python"),
    "Python's call": ("!!python/object/apply:os.system ['id']", "is not allowed; use plain YAML"),
    "Python's name": ("a: !!python/name:os.system", "is not allowed; use plain YAML"),
    "Python's module": ("a: !!python/module:os x", "is not allowed; use plain YAML"),
    "Python's tuple": ("a: !!python/tuple [x]", "is not allowed; use plain YAML"),
    "a local tag": ("a: !x y", "1: the tag '!x' is not allowed; use plain YAML"),
    "a binary": ("a: !!binary AAAA", "is not allowed; use plain YAML"),
    "an ordered mapping": ("a: !!omap [x: y]", "is not allowed; use plain YAML"),
    "a tag of its own making": ("%TAG ! tag:evil:\n---\na: !x y", "3: the tag '!x' is not allowed"),
    "a tag that does not fit": ("a: !!map [x]", "is not allowed; use plain YAML"),
    "an integer that is none": ("a: !!int x", "1: 'x' is not of type int"),
    "brackets without end": ("[" * LARGE, "1: the document is nested more than 64 deep"),
    "braces without end": ("{a: " * (LARGE // 4), "nested more than 64 deep"),
    "dashes without end": ("- " * (LARGE // 2), "nested more than 64 deep"),
    "keys without end": ("? " * (LARGE // 2), "nested more than 64 deep"),
    "brackets over lines": ("[\n" * 100_000, "66: the document is nested more than 64 deep"),
    "values": ("[" + "a," * 200_000 + "]", "more than 100000 values"),
    "much text": ("a: " + "x " * (LARGE // 2), "apiVersion: is missing"),
    "many escapes": ('a: "' + "\\u0041" * (LARGE // 6) + '"', "apiVersion: is missing"),
    "many lines": ("a: b" + "\n" * LARGE, "apiVersion: is missing"),
    "a long field name": ("x" * LARGE + ": 1", "this is not YAML"),
    "many tabs": ("a:" + "\t" * LARGE + "x", "this is not YAML"),
    "a number of 100,000 digits": ("a: " + "9" * 100_000, "is not of type int"),
    "a fraction of 100,000 digits": ("a: 0." + "9" * 100_000, "apiVersion: is missing"),
    "a number in base 60": ("a: " + "1:" * 50_000 + "1", "apiVersion: is missing"),
    "a NUL": ("a: x\x00y", "1: this is not YAML: special characters are not allowed"),
    "a NUL in a comment": ("# \x00\na: x", "this is not YAML: special characters"),
    "an escape": ("a: \x1b[2J", "this is not YAML: special characters are not allowed"),
    "a DEL": ("a: \x7f", "this is not YAML: special characters are not allowed"),
    "half a pair": ('a: "\\uD800"', "1: '\\ud800' holds half a surrogate pair"),
    "tabs for spaces": ("a:\n\tb: c", "2: this is not YAML"),
    "a field twice": ("a: 1\na: 2", "2: the field 'a' is there twice; keep one"),
    "a field twice, quoted": ("a: 1\n'a': 2", "2: the field 'a' is there twice; keep one"),
    "a field twice, in flow": ("{a: 1, a: 2}", "1: the field 'a' is there twice; keep one"),
    "a list for a field": ("[a]: b", "1: a field name must be plain text"),
    "a mapping for a field": ("? {a: b}\n: c", "1: a field name must be plain text"),
    "a directive within": ("a: b\n%YAML 1.1", "3: this is not YAML"),
    "an open bracket": ("a: [", "this is not YAML"),
    "an open quote": ("a: 'x", "this is not YAML"),
    "an open quote before much": ("a: 'x" + " y" * (LARGE // 2), "this is not YAML"),
    "text": ("hello", "1: 'hello' is not allowed; use a mapping"),
    "a list": ("- a", "is not allowed; use a mapping"),
    "a terminal's language": ('"\\e[2J": x', "apiVersion: is missing"),
}

# A field where text is expected, and what else YAML 1.1 takes its value for.
NO_TEXT = ("no", "Yes", "ON", "off", "true", "~", "null", "010", "0x1F", "1_000", "1.0", ".inf",
           ".NaN", "+1", "0b11", "[x]", "{x: y}", "")  # fmt: skip
TEXT = ("2026-01-01", "1:30", "12:30:45", "n", "NaN", "0o10", "1.2.3", "1e3", "=", "'no'", "!!str 1",
        "|\n        no\n", "2026-01-01T00:00:00Z")  # fmt: skip


def _loaded(folder: Path, text: str | bytes) -> Loaded:
    file = folder / "f.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load([file])


def _said(loaded: Loaded) -> list[str]:
    said = [str(problem) for problem in loaded.problems]
    assert all(line.isprintable() for line in said)
    assert all(len(line) < 4000 for line in said)
    return said


@pytest.mark.parametrize("case", REFUSED.items(), ids=lambda case: case[0])
def test_a_hostile_document_is_refused_soon_and_the_next_is_served(
    tmp_path: Path, case: tuple[str, tuple[str, str]]
) -> None:
    _, (text, words) = case
    found = Loaded()

    def read() -> None:
        nonlocal found
        found = _loaded(tmp_path, f"{text}\n---\n{GOOD}")

    assert cpu_s(read, MOST_S) <= MOST_S
    said = _said(found)
    assert said[0].startswith(f"{tmp_path}/f.yaml:")
    assert words in said[0].removeprefix(f"{tmp_path}/f.yaml:")
    assert (len(found.brokers), len(found.triggers)) == (1, 1)


@pytest.mark.parametrize("value", NO_TEXT)
def test_what_only_looks_like_text_is_refused_with_its_line(tmp_path: Path, value: str) -> None:
    text = f"{TRIGGER}  filter:\n    attributes:\n      type: {value}\n"

    found = _loaded(tmp_path, text)

    if value in ("~", "null", ""):
        value = "null"
    (line,) = _said(found)
    assert line.startswith(f"{tmp_path}/f.yaml:9: Trigger default/t: spec.filter.attributes.type:")
    assert "is not allowed; use a string (quote numbers and booleans)" in line


@pytest.mark.parametrize("value", TEXT)
def test_what_is_text_stays_as_it_is_written(tmp_path: Path, value: str) -> None:
    found = _loaded(tmp_path, f"{TRIGGER}  filter:\n    attributes:\n      type: {value}\n")

    written = value.removeprefix("!!str ").removeprefix("|").strip().strip("'")
    assert not found.problems
    (trigger,) = found.triggers
    assert trigger.filters[0]["attributes"]["type"].strip() == written


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"a: b\nc: \xff\n", 2),
        (b"a: \xc0\xaf\n", 1),
        (b"a: \xed\xa0\x80\n", 1),
        (GOOD.encode("utf-16"), 1),
        (GOOD.encode("utf-32"), 1),
        (b"\x1f\x8b\x08\x00\x00", 1),
        (b"\x00" * 1000 + b"\xff", 1),
        (b"\x7fELF\x02\x01\x01\x00\xff", 1),
    ],
)
def test_what_is_not_utf_8_is_refused_with_its_line(tmp_path: Path, raw: bytes, line: int) -> None:
    (said,) = _said(_loaded(tmp_path, raw))

    assert said == f"{tmp_path}/f.yaml:{line}: it is not UTF-8; save it as UTF-8"


def test_a_file_above_the_limit_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "f.yaml").open("wb") as file:
        file.truncate(50 * MEBIBYTE)

    (said,) = _said(load([tmp_path / "f.yaml"]))

    assert said == f"{tmp_path}/f.yaml: is larger than 10 MiB; split it"


def test_documents_above_the_limit_are_left_out(tmp_path: Path) -> None:
    found = _loaded(tmp_path, GOOD + "---\n{kind: A, apiVersion: v1}\n" * 10_000)

    (said,) = _said(found)
    assert "a file may hold 10000 documents; what follows is left out; split it" in said
    assert (len(found.brokers), len(found.triggers)) == (1, 1)


def test_a_file_full_of_errors_is_told_in_a_page(tmp_path: Path) -> None:
    found = _loaded(tmp_path, GOOD + "---\n- a\n" * 5000)

    said = _said(found)
    assert len(said) == 101
    assert said[-1] == f"{tmp_path}/f.yaml: has 4900 more errors; mend these first"
    assert (len(found.brokers), len(found.triggers)) == (1, 1)


@pytest.mark.parametrize("line", ["%X y\n", "# x\n", "\n", " \n"])
def test_lines_of_nothing_cost_no_memory(tmp_path: Path, line: str) -> None:
    (tmp_path / "f.yaml").write_text(line * (MEBIBYTE // len(line)))
    tracemalloc.start()

    found = load([tmp_path / "f.yaml"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert "holds no document" in _said(found)[0]
    assert peak < 20 * MEBIBYTE


_PIECES = st.sampled_from(
    ["&a ", "*a", "<<: ", "!!python/name:os ", "[", "]", "{", "}", "- ", "? ", ": ", "\n", "\t",
     "  ", "---\n", "...\n", "|\n", ">\n", "'", '"', "#", "%", "@", "`", "~", "9" * 30, "\x00",
     "\u202e", "\ud800", "\ufeff", "yes", "spec:", "metadata:", "items:", "kind: List\n"]
)  # fmt: skip


@st.composite
def _mutated(draw: st.DrawFn) -> str:
    text = GOOD + "  filters: [{all: [{exact: {a: b}}, {cesql: a = 1}]}]\n"
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text)))
        end = start + draw(st.integers(0, 10))
        text = text[:start] + draw(_PIECES) + text[end:]
    return text


@given(_mutated())
def test_a_mutated_file_is_served_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "mutated.yaml"
    file.write_bytes(text.encode(errors="surrogatepass"))

    found = load([file])

    kept = len(found.brokers) + len(found.triggers) + len(found.services) + len(found.notes)
    assert kept or found.problems
    assert all(line.startswith(f"{file}") for line in _said(found))

"""Filters made to cost: each is refused on its Trigger, soon, or asks no more than 5 ms of an event."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.catalog import Verdict
from poplin.errors import InvalidResourceError
from poplin.filters import compile_filters
from poplin.resources import load, resolve
from tests.quick import cpu_s

MOST_COMPILE_S = 3.0
"""The file is read in it, which takes most of the time."""
MOST_EVALUATION_S = 0.010
"""Most cost half of that; the worst take 5 to 6 ms on cores that others use too."""

EXACT = {"exact": {"type": "t"}}
LONG = "a" * 4096
GREEK = "\u03b1" * 60_000
"""An evaluation goes through just this much, unless it is told not to."""


def _nested(depth: int, around: Callable[[Any], Any]) -> Any:
    element: Any = EXACT
    for _ in range(depth):
        element = around(element)
    return element


def _not(element: Any) -> Any:
    return {"not": element}


def _list(dialect: str) -> Callable[[Any], Any]:
    return lambda element: {dialect: [element]}


def _cesql(text: str) -> list[Any]:
    return [{"cesql": text}]


REFUSED: dict[str, tuple[list[Any], str]] = {
    "not, 20 deep": ([_nested(20, _not)], "is nested more than 16 deep"),
    "any, 20 deep": ([_nested(20, _list("any"))], "is nested more than 16 deep"),
    "all, 17 deep": ([_nested(17, _list("all"))], "is nested more than 16 deep"),
    "1,001 elements": ([EXACT] * 1001, "spec.filters: holds 1001 elements; at most 1000"),
    "1,001 elements below": ([{"any": [EXACT] * 1000}], "holds 1001 elements; at most 1000"),
    "a thousand thousands": ([{"any": [EXACT] * 100}] * 50, "holds 5050 elements"),
    "empty any, wide": ([{"any": []}] * 1000, "is empty; give at least one element"),
    "CESQL of 64 KiB": (_cesql("a = 'x' OR " * 6000 + "b"), "at most 8192 characters"),
    "LIKE of 64 KiB": (_cesql(f"a LIKE '{'%a' * 32_768}'"), "at most 8192 characters"),
    "IN of 64 KiB": (_cesql(f"a IN ({','.join(['1'] * 32_768)})"), "at most 8192 characters"),
    "8,000 open parentheses": (_cesql("(" * 8000), "at most 64 levels"),
    "4,000 parentheses": (_cesql("(" * 4000 + "a" + ")" * 4000), "at most 64 levels"),
    "2,000 NOT": (_cesql("NOT " * 2000 + "a"), "at most 64 levels"),
    "8,000 minus": (_cesql("-" * 8000 + "1"), "at most 64 levels"),
    "calls in calls": (_cesql("UPPER(" * 1000 + "a" + ")" * 1000), "at most 64 levels"),
    "IN in IN": (_cesql("a IN (" * 1000 + "a" + ")" * 1000), "at most 64 levels"),
    "sums": (_cesql("1" + " + 1" * 1000), "at most 64 levels"),
    "9 expressions": (_cesql("a") * 9, "spec.filters: holds 9 CESQL expressions; at most 8"),
    "9 expressions below": (
        [{"any": [{"not": {"sql": "a"}}] * 9}],
        "spec.filters: holds 9 CESQL expressions; at most 8 are allowed; join them",
    ),
    "a thousand expressions": (
        [{"any": _cesql(" OR ".join(["a = 'x'"] * 100)) * 1000}],
        "holds 1001 elements",
    ),
    "8 long expressions": (
        _cesql(" OR ".join(["a = 'x'"] * 700)) * 8,
        "spec.filters: holds 61568 characters of CESQL; at most 8192 are allowed",
    ),
}


def _document(kind: str, name: str, spec: Any) -> str:
    return json.dumps(
        {
            "apiVersion": "eventing.knative.dev/v1",
            "kind": kind,
            "metadata": {"name": name},
            "spec": spec,
        }
    )


def _trigger(name: str, filters: Any) -> str:
    uri = f"http://{name}/"
    return _document(
        "Trigger", name, {"broker": "b", "subscriber": {"uri": uri}, "filters": filters}
    )


def _verdicts(folder: Path, *documents: str) -> dict[str, Verdict]:
    file = folder / "f.yaml"
    file.write_text("\n---\n".join([_document("Broker", "b", {}), *documents]))
    resolved = resolve(load([file]), lambda *_: "uid", broker_url=lambda *_: "http://b/")
    return {each.name: each for each in resolved.verdicts}


@pytest.mark.parametrize("case", REFUSED.items(), ids=lambda case: case[0])
def test_a_filter_that_costs_too_much_is_refused_and_other_triggers_are_served(
    tmp_path: Path, case: tuple[str, tuple[list[Any], str]]
) -> None:
    _, (filters, words) = case
    found: dict[str, Verdict] = {}

    def read() -> None:
        found.update(_verdicts(tmp_path, _trigger("bad", filters), _trigger("good", [EXACT])))

    assert cpu_s(read, MOST_COMPILE_S) <= MOST_COMPILE_S
    assert (found["bad"].ready, found["bad"].reason) == (False, "Invalid")
    assert words in found["bad"].message
    assert len(found["bad"].message) <= 1000
    assert found["good"].ready


@pytest.mark.parametrize("around", [_not, _list("any"), _list("all")])
def test_what_is_nested_deeper_than_any_document_is_no_document(
    tmp_path: Path, around: Callable[[Any], Any]
) -> None:
    before, after = json.dumps(around("x")).split('"x"')
    bad = _trigger("bad", "x").replace('"x"', f"[{before * 10_000}{{}}{after * 10_000}]")

    found = _verdicts(tmp_path, bad, _trigger("good", [EXACT]))

    assert "bad" not in found
    assert found["good"].ready


WIDE = [{"exact": {"a": f"x{number}"}} for number in range(990)]


@pytest.mark.parametrize(
    ("filters", "value"),
    [
        ([{"any": WIDE}], LONG),
        ([{"not": {"any": WIDE}}], LONG),
        ([{"not": element} for element in WIDE], LONG),
        ([{"any": [{"suffix": {"a": "a" * 500 + "b"}}] * 990}], LONG),
        ([{"any": [{"prefix": {"a": "a" * 500 + "b"}}] * 990}], LONG),
        ([{"any": [{"exact": {"datamediatype": "x"}}] * 990}], LONG),
        ([_nested(16, _not)], LONG),
        ([{"exact": {f"a{number}": "x" for number in range(10_000)}}], LONG),
        ([{"any": _cesql("UPPER(a) = 'x'") * 8}], GREEK),
        ([{"any": _cesql("a LIKE '%_b%'") * 8}], GREEK),
        ([{"any": _cesql(f"a LIKE '{'%a_' * 320}b%'") * 8}], LONG),
        ([{"any": _cesql(" OR ".join(["UPPER(a) = 'x'"] * 50)) * 8}], LONG),
        ([{"any": _cesql(f"a IN ({','.join(['a'] * 400)}, 'x') AND FALSE") * 8}], GREEK),
        (_cesql(" OR ".join(["a LIKE '%a%a%a%a%a%a%b'"] * 290)), LONG),
        (_cesql(f"a IN ({','.join(['1'] * 4000)})"), LONG),
        ([{"exact": {"cesql": "x"}}] * 20, LONG),
        (_cesql("(" * 60 + "a = 'x'" + ")" * 60), LONG),
    ],
    ids=lambda value: json.dumps(value)[:40],
)
def test_an_event_costs_a_filter_that_is_served_no_more_than_10_ms(
    tmp_path: Path, filters: list[Any], value: str
) -> None:
    assert _verdicts(tmp_path, _trigger("t", filters))["t"].ready
    compiled = compile_filters(filters)

    def ask() -> None:
        # A text that no cache has seen.
        text = "".join([*value])
        compiled.matches({"type": "t", "a": text, "datacontenttype": text})

    assert cpu_s(ask, MOST_EVALUATION_S) <= MOST_EVALUATION_S


_ELEMENTS = st.recursive(
    st.one_of(
        st.dictionaries(
            st.sampled_from(["exact", "prefix", "suffix"]),
            st.dictionaries(st.sampled_from(["a", "b", "A", ""]), st.text(max_size=3), max_size=2),
            max_size=2,
        ),
        st.builds(lambda text: {"cesql": text}, st.text("ab=' ()%_NOT", max_size=20)),
        st.none(),
        st.integers(-2, 2),
    ),
    lambda inner: st.one_of(
        st.builds(lambda each: {"not": each}, inner),
        st.builds(lambda each: {"all": each}, st.lists(inner, max_size=3)),
        st.builds(lambda each: {"any": each}, st.lists(inner, max_size=3)),
    ),
    max_leaves=8,
)


@given(st.lists(_ELEMENTS, max_size=3))
def test_a_filter_that_a_file_may_hold_compiles(
    tmp_path_factory: pytest.TempPathFactory, filters: list[Any]
) -> None:
    verdict = _verdicts(tmp_path_factory.getbasetemp(), _trigger("t", filters))["t"]

    if verdict.ready:
        assert compile_filters(filters).matches({"a": "b", "b": "a"}) in (True, False)
    else:
        assert verdict.message.isprintable()


def test_a_dialect_that_nobody_checked_is_an_error_of_the_resource() -> None:
    with pytest.raises(InvalidResourceError, match="is not known; use one of"):
        compile_filters([{"regex": {"a": "(a+)+$"}}])

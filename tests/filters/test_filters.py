"""Filters by table, against a naive reading, and the index against asking every filter."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.errors import InvalidResourceError
from poplin.filters import FilterIndex, compile_filters

EVENT: dict[str, str | int | bool] = {
    "type": "a.b",
    "source": "/s",
    "n": 7,
    "yes": True,
    "empty": "",
}


@pytest.mark.parametrize(
    ("filters", "matches"),
    [
        ([], True),
        ([{"exact": {"type": "a.b"}}], True),
        ([{"exact": {"type": "a.b", "source": "/x"}}], False),
        ([{"exact": {"n": "7", "yes": "true"}}], True),
        ([{"exact": {"missing": "x"}}], False),
        ([{"prefix": {"type": "a.", "source": "/"}}], True),
        ([{"prefix": {"missing": "x"}}], False),
        ([{"suffix": {"type": ".b"}}], True),
        ([{"suffix": {"type": "a."}}], False),
        ([{"all": [{"exact": {"type": "a.b"}}, {"suffix": {"source": "s"}}]}], True),
        ([{"any": [{"exact": {"type": "x"}}, {"exact": {"source": "/s"}}]}], True),
        ([{"any": [{"exact": {"type": "x"}}, {"exact": {"source": "/x"}}]}], False),
        ([{"not": {"exact": {"type": "a.b"}}}], False),
        ([{"exact": {"type": "a.b"}}, {"not": {"exact": {"source": "/x"}}}], True),
        ([{"attributes": {"type": "a.b"}}], True),
        ([{"attributes": {"type": ""}}], True),
        ([{"attributes": {"subject": ""}}], False),
        ([{"attributes": {"empty": ""}}], False),
        ([{"attributes": {"type": "", "source": "/x"}}], False),
        ([{"attributes": {"n": "7"}}], True),
    ],
)
def test_dialects(filters: list[dict[str, Any]], matches: bool) -> None:
    assert compile_filters(filters).matches(EVENT) is matches


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(InvalidResourceError, match="'regex'"):
        compile_filters([{"regex": {}}])


_names = st.sampled_from(["type", "source", "x"])
_values = st.sampled_from(["a", "ab", "b", "true", "1"])
_maps = st.dictionaries(_names, _values, min_size=1, max_size=2)
_leaves = st.one_of(
    *(st.fixed_dictionaries({kind: _maps}) for kind in ("exact", "prefix", "suffix", "attributes"))
)
_elements: st.SearchStrategy[dict[str, Any]] = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
_attributes = st.dictionaries(_names, st.one_of(_values, st.just(1), st.just(True)))


def _naive(element: dict[str, Any], attributes: dict[str, Any]) -> bool:
    ((kind, argument),) = element.items()
    if kind == "all":
        return all(_naive(each, attributes) for each in argument)
    if kind == "any":
        return any(_naive(each, attributes) for each in argument)
    if kind == "not":
        return not _naive(argument, attributes)
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in attributes.items()
    }
    tests = {"prefix": str.startswith, "suffix": str.endswith}
    test = tests.get(kind, str.__eq__)
    return all(name in texts and bool(test(texts[name], value)) for name, value in argument.items())


@given(st.lists(_elements, max_size=3), _attributes)
def test_a_filter_says_what_a_naive_reading_says(
    filters: list[dict[str, Any]], attributes: dict[str, Any]
) -> None:
    expected = all(_naive(element, attributes) for element in filters)

    assert compile_filters(filters).matches(attributes) is expected


@given(st.lists(st.lists(_elements, max_size=2), max_size=20), _attributes)
def test_the_index_finds_what_asking_every_filter_finds(
    sets: list[list[dict[str, Any]]], attributes: dict[str, Any]
) -> None:
    compiled = [(number, compile_filters(filters)) for number, filters in enumerate(sets)]
    expected = [number for number, each in compiled if each.matches(attributes)]

    assert FilterIndex(compiled).match(attributes) == expected

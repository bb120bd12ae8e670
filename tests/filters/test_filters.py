"""Filters by table, against a naive reading, and the index against asking every filter."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.errors import InvalidResourceError
from poplin.filters import Filter, FilterIndex, compile_filters

EVENT: dict[str, str | int | bool] = {
    "type": "a.b",
    "source": "/s",
    "n": 7,
    "yes": True,
    "empty": "",
    "datacontenttype": "text/plain; charset=utf-8",
    "dataschema": "https://x/y",
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
        ([{"not": {"exact": {"subject": "x"}}}], True),
        ([{"exact": {"datamediatype": "text/plain"}}], True),
        ([{"exact": {"schemaurl": "https://x/y"}}], True),
        ([{"attributes": {"datamediatype": ""}}], True),
        ([{"cesql": "type = 'a.b' AND n > 6 AND yes"}], True),
        ([{"sql": "type = 'a.b'"}], True),
        ([{"cesql": "type = 'a.b' AND missing = 'x'"}], False),
        ([{"cesql": "type"}], False),
        ([{"cesql": "1"}], False),
        ([{"cesql": "missing != 'x'"}], False),
        ([{"not": {"cesql": "missing = 'x'"}}], True),
        ([{"any": [{"cesql": "1 / 0 = 1"}, {"exact": {"type": "a.b"}}]}], True),
    ],
)
def test_dialects(filters: list[dict[str, Any]], matches: bool) -> None:
    assert compile_filters(filters).matches(EVENT) is matches


@pytest.mark.parametrize(
    ("element", "named"), [({"regex": {}}, "'regex'"), ({"cesql": "a ="}, "line 1, column 4")]
)
def test_what_cannot_be_compiled_is_refused(element: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidResourceError, match=named):
        compile_filters([element])


@pytest.mark.parametrize(
    "wanted", [{"yes": "true"}, {"n": "7"}, {"datamediatype": "text/plain"}, {"type": "a.b"}]
)
def test_the_index_knows_typed_and_derived_attributes(wanted: dict[str, str]) -> None:
    index = FilterIndex([("one", compile_filters([{"exact": wanted}]))])

    assert index.match(EVENT) == ["one"]


def test_a_filter_that_fails_by_a_fault_of_ours_harms_no_other() -> None:
    def broken(_attributes: Any) -> bool:
        raise ZeroDivisionError

    faults: list[tuple[str, str]] = []
    index = FilterIndex(
        [
            ("good", compile_filters([])),
            ("broken", Filter(broken)),
            ("pinned", Filter(broken, {"type": "a.b"})),
        ],
        on_fault=lambda item, _attributes, error: faults.append((item, type(error).__name__)),
    )

    assert index.match(EVENT) == ["good"]
    assert faults == [("broken", "ZeroDivisionError"), ("pinned", "ZeroDivisionError")]


_names = st.sampled_from(["type", "source", "x"])
_values = st.sampled_from(["a", "ab", "b", "true", "1"])
_maps = st.dictionaries(_names, _values, min_size=1, max_size=2)
_EXPRESSIONS: dict[str, Callable[[dict[str, str]], bool]] = {
    "type = 'a'": lambda texts: texts.get("type") == "a",
    "type = 'ab' AND source = 'b'": lambda texts: (
        (texts.get("type"), texts.get("source")) == ("ab", "b")
    ),
    "x = '1' OR type = 'a'": lambda texts: (
        "x" in texts and (texts["x"] == "1" or texts.get("type") == "a")
    ),
    "x = 'true' AND EXISTS type": lambda texts: texts.get("x") == "true" and "type" in texts,
    "NOT (source = 'b')": lambda texts: "source" in texts and texts["source"] != "b",
}
_leaves = st.one_of(
    *(st.fixed_dictionaries({kind: _maps}) for kind in ("exact", "prefix", "suffix", "attributes")),
    st.fixed_dictionaries({"cesql": st.sampled_from(sorted(_EXPRESSIONS))}),
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
    texts = _texts(attributes)
    if kind == "cesql":
        return _EXPRESSIONS[argument](texts)
    tests = {"prefix": str.startswith, "suffix": str.endswith}
    test = tests.get(kind, str.__eq__)
    return all(name in texts and bool(test(texts[name], value)) for name, value in argument.items())


def _texts(attributes: dict[str, Any]) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in attributes.items()
    }


@given(st.lists(_elements, max_size=3), _attributes)
def test_a_filter_says_what_a_naive_reading_says(
    filters: list[dict[str, Any]], attributes: dict[str, Any]
) -> None:
    expected = all(_naive(element, attributes) for element in filters)

    assert compile_filters(filters).matches(attributes) is expected


_sets = st.lists(st.lists(_elements, max_size=2), min_size=1, max_size=10)


@given(_sets, st.lists(_attributes, min_size=1, max_size=5))
def test_the_index_finds_what_reading_100_triggers_naively_finds(
    sets: list[list[dict[str, Any]]], events: list[dict[str, Any]]
) -> None:
    triggers = [sets[number * number % len(sets)] for number in range(100)]
    index = FilterIndex(
        (number, compile_filters(filters)) for number, filters in enumerate(triggers)
    )
    for attributes in events:
        expected = [
            number
            for number, filters in enumerate(triggers)
            if all(_naive(element, attributes) for element in filters)
        ]

        assert index.match(attributes) == expected

"""What headers and pointers find, and when a body is read."""

import pytest

from poplin.resources.source_models import Taken
from sources.webhooks.mapping.take import Facts, is_json
from sources.webhooks.values import RefusedError

BODY = b"""
{"a/b": {"m~n": [10, {"deep": "er"}]}, "": "empty name", "01": "name", "list": [1, 2],
 "blank": "  ", "null": null, "no": false, "zero": 0, "object": {}}
"""


def facts(body: bytes = BODY, content_type: str | None = "application/json") -> Facts:
    return Facts({"x-event": "push", "x-word": "gr\u00c3\u00bc\u00c3\u009fe"}, body, content_type)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("/a~1b/m~0n/0", [10]),
        ("/a~1b/m~0n/1/deep", ["er"]),
        ("/", ["empty name"]),
        ("/01", ["name"]),
        ("/list/1", [2]),
        ("/list/01", []),
        ("/list/2", []),
        ("/list/-", []),
        ("/list/-1", []),
        ("/list/" + "9" * 5000, []),
        ("/list/\u00b2", []),
        ("/missing/deeper", []),
        ("/blank", []),
        ("/null", []),
        ("/object", []),
        ("/list", []),
        ("/no", [False]),
        ("/zero", [0]),
    ],
)
def test_a_pointer_finds_text_numbers_and_booleans(pointer: str, expected: list[object]) -> None:
    assert list(facts().values(Taken(pointer=pointer))) == expected


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (Taken(value="com.example"), ["com.example"]),
        (Taken(header="x-event"), ["push"]),
        (Taken(header="x-event", prefix="com."), ["com.push"]),
        (Taken(header="x-event", default="none"), ["push", "none"]),
        (Taken(header="x-missing", prefix="com.", default="none"), ["none"]),
        (Taken(header="x-missing", prefix="com."), []),
        (Taken(pointer="/zero", prefix="no-"), ["no-0"]),
        (Taken(header="x-word"), ["gr\u00fc\u00dfe"]),
    ],
)
def test_a_prefix_goes_before_what_is_found_and_a_default_stands_alone(
    taken: Taken, expected: list[object]
) -> None:
    assert list(facts().values(taken)) == expected


def test_a_header_that_is_no_utf_8_stays_as_it_came() -> None:
    latin = Facts({"x-word": "gr\u00fc\u00dfe"}, b"", None)

    assert list(latin.values(Taken(header="x-word"))) == ["gr\u00fc\u00dfe"]


@pytest.mark.parametrize("content_type", ["application/json", "Application/Vnd.X+JSON; v=1"])
def test_a_body_that_says_it_is_json_and_is_none_is_refused(content_type: str) -> None:
    with pytest.raises(RefusedError, match="the body is not JSON") as refused:
        list(facts(b"a=1", content_type).values(Taken(pointer="/a", default="x")))

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"a=1", None), (b"", None), (b'{"a": 1}', "text/plain"), (b'{"a": 1}', "")],
)
def test_a_pointer_into_a_body_that_is_no_json_finds_the_default(
    body: bytes, content_type: str | None
) -> None:
    found = facts(body, content_type).values(Taken(pointer="/a", default="x"))

    assert list(found) == ["x"]


def test_a_body_that_says_nothing_and_is_json_is_read() -> None:
    assert list(facts(BODY, None).values(Taken(pointer="/zero"))) == [0]


def test_a_body_is_not_read_without_a_pointer() -> None:
    assert list(facts(b"{").values(Taken(header="x-event"))) == ["push"]


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("application/json;charset=utf-8", True), ("application/jsonl", False), ("a/b+json", True)],
)
def test_what_says_it_is_json(content_type: str, *, expected: bool) -> None:
    assert is_json(content_type) is expected

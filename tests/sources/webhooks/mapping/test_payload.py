"""Bodies that are JSON objects, bodies that are not, and paths into them."""

import pytest

from sources.webhooks.mapping.payload import at, json_object, json_value
from sources.webhooks.values import RefusedError

DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1} trailing',
        '{"a": "é"}'.encode("latin-1"),
        '{"a": 1}'.encode("utf-16"),
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": ' + b"[" * DEEP + b"]" * DEEP + b"}",
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b"[" * DEEP,
    ],
)
def test_what_is_no_json_object_is_refused_without_being_repeated(body: bytes) -> None:
    with pytest.raises(
        RefusedError, match=r"the body is (not JSON|JSON, but not an object)$"
    ) as it:
        json_object(body)

    assert (it.value.status, it.value.reason) == (400, "invalid")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": "\\ud83d"}', "\ud83d"),
        (b'{"a": 1e999}', float("inf")),
        (b'{"a": 12345678901234567890123}', 12345678901234567890123),
        (b'\n{"a": "\xc3\xa9"}\n', "é"),
        (b'{"a": 1, "a": 2}', 2),
    ],
)
def test_unusual_json_is_read(body: bytes, value: object) -> None:
    assert at(json_object(body), "a") == pytest.approx(value)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ((), {"a": [{"b": 1}, 2]}),
        (("a", 0, "b"), 1),
        (("a", 1), 2),
        (("a", 2), None),
        (("a", -1), None),
        (("a", "b"), None),
        ((0,), None),
        (("a", 0, "b", "c"), None),
        (("missing", "deeper", 3), None),
    ],
)
def test_a_path_gives_what_is_there_or_none(path: tuple[str | int, ...], found: object) -> None:
    assert at({"a": [{"b": 1}, 2]}, *path) == found


@pytest.mark.parametrize(
    ("body", "value"), [(b"[1]", [1]), (b"null", None), (b'"a"', "a"), (b"{}", {})]
)
def test_json_of_any_kind_is_read(body: bytes, value: object) -> None:
    assert json_value(body) == value

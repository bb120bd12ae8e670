"""JSON values as attributes."""

import pytest

from poplin.codec.attributes import is_time
from sources.webhooks.mapping.base import attribute_value, received, words
from sources.webhooks.values import Request


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (True, True),
        (False, False),
        (0, 0),
        (2**31 - 1, 2**31 - 1),
        (-(2**31), -(2**31)),
        (2**31, "2147483648"),
        (-(2**31) - 1, "-2147483649"),
        (1.5, "1.5"),
        ("text\x00", "text"),
        ("", None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
def test_a_value_as_an_extension(value: object, kept: object) -> None:
    found = attribute_value(value)

    assert found == kept
    assert type(found) is type(kept)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("main", "main"),
        (42, "42"),
        (0, "0"),
        (" a ", " a "),
        ("  ", None),
        ("\u3000\t", None),
        (True, None),
        (1.5, None),
        (None, None),
        ([1], None),
    ],
)
def test_what_may_not_be_blank(value: object, text: str | None) -> None:
    assert words(value) == text


def test_when_it_came_is_told_in_rfc_3339() -> None:
    text = received(Request({}, b"", 1557933591.25))

    assert text == "2019-05-15T15:19:51.250000Z"
    assert is_time(text)

"""Moments as operators write them, and places as the API does."""

import pytest

from poplin.operate import Place, parse_when, when_text

NOW_US = 1_800_000_000_000_000
HOUR_US = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1h", NOW_US - HOUR_US),
        ("1h30m", NOW_US - HOUR_US - HOUR_US // 2),
        ("7d", NOW_US - 7 * 24 * HOUR_US),
        ("90s", NOW_US - 90_000_000),
        ("PT1H", NOW_US - HOUR_US),
        ("P1D", NOW_US - 24 * HOUR_US),
        ("2027-01-15T08:00:00Z", 1_800_000_000_000_000),
        ("2027-01-15T09:00:00+01:00", 1_800_000_000_000_000),
        ("2027-01-15T08:00:00.123456Z", 1_800_000_000_123_456),
    ],
)
def test_a_time_or_how_long_ago(text: str, expected: int) -> None:
    assert parse_when(text, NOW_US) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "1 h", "-1h", "P", "1x", "2027-13-01T00:00:00Z"])
def test_anything_else_is_refused_with_what_is_allowed(text: str) -> None:
    with pytest.raises(ValueError, match="use a time such as"):
        parse_when(text, NOW_US)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="needs its zone"):
        parse_when("2027-01-15T08:00:00", NOW_US)


@pytest.mark.parametrize(
    "text",
    [
        "999999d",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:59:59+01:00",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_moment_outside_1970_to_9999_is_refused(text: str) -> None:
    """In UTC: what when_text could not tell back."""
    with pytest.raises(ValueError, match="1970 to 9999"):
        parse_when(text, NOW_US)


@pytest.mark.parametrize("text", ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
def test_the_first_and_the_last_moment_are_told_back(text: str) -> None:
    assert parse_when(when_text(parse_when(text, NOW_US)), 0) == parse_when(text, NOW_US)


@pytest.mark.parametrize("time_us", [0, NOW_US, NOW_US + 1, NOW_US + 999_999])
def test_a_moment_that_was_told_is_read_as_the_same(time_us: int) -> None:
    assert parse_when(when_text(time_us), 0) == time_us


@pytest.mark.parametrize(
    "text",
    [
        "0:18446744073709551615-18446744073709551615",
        "0:18446744073709551615-0",
        "0:0-18446744073709551616",
        "0:0-99999999999999999999",
    ],
)
def test_a_place_behind_which_the_store_has_no_other_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="use PARTITION:ID"):
        Place.parse(text)


def test_a_place_is_read_as_it_is_written() -> None:
    assert str(Place.parse("12:1726000000000-3")) == "12:1726000000000-3"


@pytest.mark.parametrize(
    "text", ["", "1-0", "0:1", "0:01-0", "0:1-00", "-1:1-0", "0:1-0 ", "a:1-0"]
)
def test_another_spelling_is_no_place(text: str) -> None:
    """The store would know 5-01 as 5-1, but not by that name."""
    with pytest.raises(ValueError, match="use PARTITION:ID"):
        Place.parse(text)

"""Durations and quantities, as text and as numbers."""

import pytest

from poplin.resources.duration import parse_bytes, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0.25S", 0.25),
        ("PT1,5M", 90),
        ("P1DT1H", 90_000),
        ("P2W", 1_209_600),
        ("P1M", 2_629_746),
        ("P1Y", 31_556_952),
        ("PT0S", 0),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1",
        "1S",
        "pt1s",
        "-PT1S",
        "PT-1S",
        "P1DT",
        "PT1S ",
        "PT\u0661S",
        "P9999999999Y",
    ],
)
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(("text", "count"), [("10", 10), ("1k", 1000), ("256Mi", 268435456)])
def test_quantities(text: str, count: int) -> None:
    assert parse_bytes(text) == count

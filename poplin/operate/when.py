"""Times as operators give them: a moment in RFC 3339, or how long ago."""

import re
from datetime import UTC, datetime, timedelta

from poplin.resources.duration import parse_duration

__all__ = ["parse_when", "when_text"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END_US = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_AGO = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,7})h)?(?:(\d{1,9})m)?(?:(\d{1,10})s)?\Z", re.ASCII)
_UNITS_S = (86_400, 3600, 60, 1)
_ALLOWED = "use a time such as 2026-01-31T12:00:00Z, or how long ago: 90s, 15m, 1h30m, 7d, PT1H"


def parse_when(text: str, now_us: int) -> int:
    """µs since 1970; a duration counts back from `now_us`. Raises ValueError."""
    moment_us = _parsed(text, now_us)
    if not 0 <= moment_us <= _END_US:  # what could not be told back, by when_text
        raise ValueError(f"{_ALLOWED}; it must lie within the years 1970 to 9999, in UTC")
    return moment_us


def when_text(microseconds: int) -> str:
    """To the µs, so that what is passed on draws the same line again."""
    moment = _EPOCH + timedelta(microseconds=microseconds)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parsed(text: str, now_us: int) -> int:
    if match := _AGO.match(text) if text else None:
        amounts = zip(match.groups(), _UNITS_S, strict=True)
        return now_us - sum(int(amount or 0) * unit for amount, unit in amounts) * 1_000_000
    try:
        if text.startswith("P"):
            return now_us - int(parse_duration(text) * 1e6)
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(_ALLOWED) from error
    if moment.tzinfo is None:
        raise ValueError(f"{_ALLOWED}; a time needs its zone, Z for UTC")
    return (moment - _EPOCH) // timedelta(microseconds=1)

"""Times in payloads, as the attribute `time` wants them."""

from datetime import UTC, datetime

from poplin.codec.attributes import is_time

__all__ = ["time_text"]

_END_S = 253_402_300_800  # of the year 9999
_LEAST = len("2015-05-05 23:40")  # a day alone is no time


def time_text(value: object) -> str | None:
    """RFC 3339 of a string that is a time, or of seconds since 1970; None for anything else.

    What is RFC 3339 keeps its text; where the zone is missing it is UTC.
    """
    if isinstance(value, str):
        return value if is_time(value) else _rewritten(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _END_S:
        return _text(datetime.fromtimestamp(value, UTC))
    return None


def _rewritten(text: str) -> str | None:
    """Of the ISO 8601 forms that providers send, also with a zone's name: 2015-05-05 23:40:12 UTC."""
    if not _LEAST <= len(text) <= 40:
        return None
    try:
        moment = datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        return None
    return _text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _text(moment: datetime) -> str | None:
    text = moment.isoformat().replace("+00:00", "Z")
    return text if is_time(text) else None  # an offset may have seconds

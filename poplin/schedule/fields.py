"""The fields of a cron schedule as robfig/cron v3 reads them, which Knative uses.

Where other crons differ: `?` is `*`; `a/n` goes on to the end of the field; Sunday is 0 and nothing
else; what has a step above 1 counts as restricted, so `*/2` as day of month and `Mon` are joined by
OR, not by AND.
"""

import re
from dataclasses import dataclass

__all__ = ["read_fields"]

_NUMBER = re.compile(r"\+?\d{1,18}\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    """Of the numbers from `lowest` on."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS = (
    _Field("second", 0, 59),
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field(
        "month",
        1,
        12,
        _MONTHS,
    ),
    _Field("day of week", 0, 6, _WEEKDAYS),
)


def read_fields(text: str) -> str:
    """The same with a second in front, each field `*` or a list of numbers. Raises ValueError."""
    fields = text.split()
    if len(fields) == len(_FIELDS) - 1:
        fields.insert(0, "0")
    if len(fields) != len(_FIELDS):
        raise ValueError(
            "use 5 fields (minute, hour, day of month, month, day of week), 6 with the second "
            "first, @yearly, @monthly, @weekly, @daily, @hourly or @every 90s"
        )
    return " ".join(_read(field, part) for field, part in zip(_FIELDS, fields, strict=True))


def _read(field: _Field, text: str) -> str:
    ranges = [_range(field, part) for part in text.split(",") if part]
    if not ranges:
        raise _wrong(field, text)
    if any(is_star for _, is_star in ranges):
        return "*"
    return ",".join(map(str, sorted({number for numbers, _ in ranges for number in numbers})))


def _range(field: _Field, text: str) -> tuple[range, bool]:
    """The numbers, and whether they are a star that restricts nothing."""
    span, slash, step_text = text.partition("/")
    first, dash, last = span.partition("-")
    step = _step(field, text, step_text) if slash else 1
    if first in ("*", "?"):
        return range(field.lowest, field.highest + 1, step), step == 1
    low = _number(field, first, text)
    high = _number(field, last, text) if dash else field.highest if slash else low
    if low > high:
        raise ValueError(
            f"use a range that goes up as {field.name}, not {_shown(text)}; two with a comma "
            "between them go over the end"
        )
    return range(low, high + 1, step), False


def _step(field: _Field, text: str, step: str) -> int:
    if _NUMBER.match(step) is None or int(step) == 0:
        raise ValueError(f"use a step of 1 or more as {field.name}, not {_shown(text)}")
    return int(step)


def _number(field: _Field, text: str, whole: str) -> int:
    if text.lower() in field.names:
        return field.names.index(text.lower()) + field.lowest
    number = int(text) if _NUMBER.match(text) else -1
    if not field.lowest <= number <= field.highest:
        raise _wrong(field, whole)
    return number


def _wrong(field: _Field, text: str) -> ValueError:
    names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    hint = ""
    if field.lowest == 0 and field.names and "7" in text:
        hint = "; Sunday is 0"
    elif re.search(r"[LW#]", text):
        hint = "; L, W and # are not supported, nor are they in Knative"
    return ValueError(
        f"use {field.lowest} to {field.highest}{names} as {field.name}, not {_shown(text)}{hint}"
    )


def _shown(text: str) -> str:
    return ascii(text if len(text) <= 30 else text[:27] + "...")

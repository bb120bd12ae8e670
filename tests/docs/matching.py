"""Does a command print what its page shows? The rule is told in `tests/docs/__init__.py`."""

import re
from collections.abc import Sequence

__all__ = ["as_shown", "shows"]

_ANY = "..."
# One is as good as another: each becomes one word, in what is shown and in what is printed.
_TOLERANT = [
    (re.compile(pattern), f"⟨{word}⟩")
    for pattern, word in (
        (r"\x1b\[[0-9;]*m", ""),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?", "time"),
        (r"\b\d\d:\d\d:\d\d(?:\.\d+)?\b", "time"),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "uuid"),
        (r"\b(?:\d+:)?\d{13}-\d+\b", "log id"),
        (r"\b\d+(?:\.\d+)? ?(?:µs|ms|s|m|h|d|[KMG]i?B|bytes|%)(?!\w)", "quantity"),
        (r"\b\d+(?:\.\d+)?(?= ?(?:events )?/ ?s\b)", "rate"),
    )
]


def as_shown(text: str) -> list[str]:
    """The lines that count, with what may differ made alike."""
    for pattern, word in _TOLERANT:
        text = pattern.sub("" if word == "⟨⟩" else word, text)
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line]


def shows(printed: str, expected: Sequence[str], *, begins: bool = False) -> bool:
    """Whether all of it matches; `begins`: whether it begins so, and more may come."""
    wanted = as_shown("\n".join(expected))
    return _matches(as_shown(printed), wanted, begins=begins)


def _matches(lines: Sequence[str], wanted: Sequence[str], *, begins: bool) -> bool:
    if not wanted:
        return begins or not lines
    first, *rest = wanted
    if first == _ANY:
        return any(_matches(lines[skip:], rest, begins=begins) for skip in range(len(lines) + 1))
    if not lines or not _pattern(first).fullmatch(lines[0]):
        return False
    return _matches(lines[1:], rest, begins=begins)


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in line.split(_ANY)))

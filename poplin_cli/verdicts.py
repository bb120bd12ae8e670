"""What the filters of Triggers in a file say of an event in a file, as lines for a person."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from poplin.codec import decode
from poplin.errors import ConfigurationError, InvalidEventError, InvalidResourceError
from poplin.event import Event
from poplin.filters import Reason, compile_filters, explain_filters
from poplin.resources import load
from poplin.resources.models import Trigger, one_line

__all__ = ["Verdicts", "verdicts"]

_MARKS = {True: "yes", False: "no ", None: "-- "}

Verdicts = tuple[list[str], bool]
"""The lines, and whether every Trigger matches."""


def verdicts(trigger: Path, event: Path, *, explains: bool) -> Verdicts:
    """Raises InvalidResourceError, InvalidEventError and ConfigurationError."""
    found = _event(event)
    lines: list[str] = []
    matches_all = True
    for each in _triggers(trigger):
        matches = compile_filters(each.filters).matches(found.attributes)
        matches_all = matches_all and matches
        verdict = "matches" if matches else "does not match"
        lines.append(
            f"Trigger {each.namespace}/{each.name} {verdict} event {found.attributes['id']}"
        )
        lines += [f"  warning: {warning}" for warning in each.warnings]
        if explains:
            lines += _lines(explain_filters(each.filters, found.attributes), "  ")
    return lines, matches_all


def _lines(reasons: Sequence[Reason], indent: str) -> Iterator[str]:
    for reason in reasons:
        yield f"{indent}{_MARKS[reason.matches]} {reason.place}: {one_line(reason.text)}"
        yield from _lines(reason.parts, indent + "    ")


def _triggers(path: Path) -> list[Trigger]:
    loaded = load([path])
    if loaded.problems:
        raise InvalidResourceError("\n".join(map(str, loaded.problems)))
    if not loaded.triggers:
        raise InvalidResourceError(f"{path} holds no Trigger")
    return loaded.triggers


def _event(path: Path) -> Event:
    try:
        body = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"--event {path} cannot be read: {error.strerror}") from error
    try:
        return decode([(b"content-type", b"application/cloudevents+json")], body)
    except InvalidEventError as error:
        raise InvalidEventError(f"--event {path}: {error}") from error

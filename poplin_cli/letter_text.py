"""Dead letters for people: a row of each, or one with its event and its whole grave."""

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from poplin_cli.columns import age_text
from poplin_cli.show import Column, Row, printable

__all__ = ["LETTER_COLUMNS", "letter_lines"]

_SHOWN = 10_000
"""Characters of data; `-o json` has all."""


def _age(text: str) -> str:
    died = datetime.fromisoformat(text)
    return age_text(max(0.0, (datetime.now(UTC) - died).total_seconds()))


LETTER_COLUMNS = (
    Column("ID", itemgetter("id")),
    Column("EVENT", itemgetter("eventId")),
    Column("TYPE", itemgetter("type"), 3),
    Column("SOURCE", itemgetter("source"), 5),
    Column("DIED", lambda row: _age(row["died"]), 1),
    Column("STATUS", lambda row: str(row["status"])),
    Column("ATTEMPTS", lambda row: str(row["attempts"]), 4),
    Column("REASON", itemgetter("reason"), 2),
)


def letter_lines(letter: Row) -> Iterator[str]:
    yield f"Dead letter:  {letter['id']}"
    yield f"Died:         {letter['died']} ({_age(letter['died'])} ago)"
    yield from _grave(letter["grave"])
    if letter["event"] is None:
        yield "Event:        not in the log any more"
        return
    yield from _event(letter["event"])


def _grave(grave: dict[str, Any]) -> Iterator[str]:
    yield f"Reason:       {printable(grave['reason'])}"
    yield f"Status:       {grave['status']}"
    yield f"Destination:  {printable(grave['destination'])}"
    yield f"Attempts:     {grave['attempts']}, from {grave['first']} to {grave['last']}"
    if grave["sinkReason"]:
        yield f"Sink:         {printable(grave['sinkReason'])}"
    if grave["body"]:
        yield "Answer:"
        yield from _indented(grave["body"])


def _event(event: dict[str, Any]) -> Iterator[str]:
    yield f"Event:        accepted {event['accepted']} by {event['broker']}"
    for name, value in event["attributes"].items():
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        yield f"  {name}: {printable(shown)}"
    if event["data"] is not None:
        yield f"Data:         {event['bytes']:,} bytes"
        yield from _indented(event["data"][:_SHOWN])
        if len(event["data"]) > _SHOWN:
            yield f"  … and more; -o json has all {event['bytes']:,} bytes"
    elif event["bytes"]:
        yield f"Data:         {event['bytes']:,} bytes that are no text; -o json has them in base64"
    else:
        yield "Data:         none"


def _indented(text: str) -> Iterator[str]:
    for line in text.splitlines() or [""]:
        yield f"  {printable(line)}"

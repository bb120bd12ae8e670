"""An event for a person's terminal, and for a machine."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import orjson

from poplin.event import Event
from poplin_cli.show import printable

__all__ = ["details", "event_view"]

_HEADLINE = frozenset({"specversion", "id", "type", "source"})
_MOST_SHOWN_BYTES = 16 * 1024


def details(event: Event) -> Iterator[str]:
    """The lines below an event's headline: its other attributes, then its data."""
    others = {name: value for name, value in event.attributes.items() if name not in _HEADLINE}
    width = max(map(len, others), default=0)
    for name, value in others.items():
        yield f"{name:{width}}  {printable(str(value))}"
    if event.data:
        yield from _data_lines(event.data)


def _data_lines(data: bytes) -> Iterator[str]:
    shown = _pretty(data) or data
    try:
        text = shown.decode("utf-8")
    except UnicodeDecodeError:
        yield f"{len(data)} bytes that are not text"
        return
    for line in text[:_MOST_SHOWN_BYTES].splitlines():
        yield printable(line)
    if len(text) > _MOST_SHOWN_BYTES:
        yield f"… {len(data)} bytes in all"


def _pretty(data: bytes) -> bytes | None:
    """JSON objects and arrays over several lines; what else there is stays as it came."""
    if data.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return None


def event_view(event: Event) -> dict[str, Any]:
    """Attributes and data as the management API shows them: data as text, else in base64."""
    try:
        text, encoded = event.data.decode("utf-8"), None
    except UnicodeDecodeError:
        text, encoded = None, b64encode(event.data).decode()
    return {
        "attributes": dict(event.attributes),
        "data": text,
        "dataBase64": encoded,
        "bytes": len(event.data),
    }

"""An event as a log entry: attributes as JSON, passed-through headers as JSON, data as it is."""

import orjson

from poplin.event import Event

__all__ = ["from_entry", "to_entry"]


def to_entry(event: Event) -> tuple[bytes, bytes | None, bytes]:
    """The fields `a`, `h` and `d`."""
    headers = orjson.dumps(event.headers) if event.headers else None
    return orjson.dumps(event.attributes), headers, event.data


def from_entry(attributes: bytes, headers: bytes | None, data: bytes) -> Event:
    passed = tuple((name, value) for name, value in orjson.loads(headers)) if headers else ()
    return Event(orjson.loads(attributes), data, passed)

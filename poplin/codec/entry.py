"""An event as a log entry: attributes as JSON, headers as JSON, data as it is.

The headers are those that pass through, and `ce-` ones with the text that was kept of attributes.
"""

import orjson

from poplin.event import Event

__all__ = ["from_entry", "to_entry"]

_KEPT = "ce-"


def to_entry(event: Event) -> tuple[bytes, bytes | None, bytes]:
    """The fields `a`, `h` and `d`."""
    headers = None
    if event.headers or event.kept:
        kept = [(f"{_KEPT}{name}", text) for name, text in event.kept.items()]
        headers = orjson.dumps([*event.headers, *kept])
    return orjson.dumps(event.attributes), headers, event.data


def from_entry(attributes: bytes, headers: bytes | None, data: bytes) -> Event:
    if not headers:
        return Event(orjson.loads(attributes), data)
    pairs = orjson.loads(headers)
    return Event(
        orjson.loads(attributes),
        data,
        tuple((name, value) for name, value in pairs if not name.startswith(_KEPT)),
        {name.removeprefix(_KEPT): value for name, value in pairs if name.startswith(_KEPT)},
    )

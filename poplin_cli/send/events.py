"""The events to send, checked before the first of them leaves."""

import sys
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from poplin.codec import decode, decode_all, encode_binary, encode_structured
from poplin.codec.attributes import check, check_name, check_text
from poplin.errors import InvalidEventError
from poplin.event import AttributeValue, Event
from poplin_cli.errors import InputError

__all__ = ["Message", "Options", "message", "numbered", "read_events", "the_event"]

_JSON = "application/json"
_STRUCTURED = ((b"content-type", b"application/cloudevents+json"),)
_BATCH = ((b"content-type", b"application/cloudevents-batch+json"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """An event as options describe it; `data` is text, `@FILE` or `-`."""

    type: str
    source: str
    id: str | None = None
    subject: str | None = None
    data: str | None = None
    content_type: str | None = None
    extensions: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """An event as it goes over the wire."""

    id: str
    headers: list[tuple[bytes, bytes]]
    body: bytes


def the_event(options: Options) -> Event:
    """Raises InputError when it breaks a rule of CloudEvents."""
    data = b"" if options.data is None else _data(options.data)
    content_type = options.content_type
    if content_type is None and data:
        content_type = _JSON if _is_json(data) else "text/plain"
    attributes: dict[str, AttributeValue] = {
        "specversion": "1.0",
        "id": options.id or str(uuid.uuid4()),
        "source": options.source,
        "type": options.type,
    }
    if options.subject is not None:
        attributes["subject"] = options.subject
    if content_type is not None:
        attributes["datacontenttype"] = content_type
    for each in options.extensions:
        name, is_there, value = each.partition("=")
        if not is_there:
            raise InputError(f"--extension {each!r} has no value; write NAME=VALUE")
        if name in attributes:
            raise InputError(f"--extension {name!r} is given already; give it once")
        attributes[name] = value
    return _checked(Event(attributes, data))


def read_events(path: str) -> list[Event]:
    """Events in JSON: one, an array, or one a line. Raises InputError, naming which is wrong."""
    text = _read("--event", path)
    try:
        if text.lstrip()[:1] == b"[":
            return _some(path, list(decode_all(_BATCH, text)))
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) > 1 and all(line.lstrip()[:1] == b"{" for line in lines):
            return [_line(number, line) for number, line in enumerate(lines, 1)]
        return [decode(_STRUCTURED, text)]
    except InvalidEventError as error:
        raise InputError(f"--event {path}: {error}") from error


def _line(number: int, line: bytes) -> Event:
    try:
        return decode(_STRUCTURED, line)
    except InvalidEventError as error:
        raise InvalidEventError(f"event {number}: {error}") from error


def _some(path: str, events: list[Event]) -> list[Event]:
    if not events:
        raise InputError(f"--event {path} holds no event; write at least one")
    return events


def numbered(events: Sequence[Event], count: int, *, is_named: bool) -> Iterator[Event]:
    """All of them `count` times, each with an id of its own: a given one gets a number."""
    for number in range(1, count + 1):
        for event in events:
            if count == 1:
                yield event
            elif is_named:
                yield event.with_attributes({"id": f"{event.attributes['id']}-{number}"})
            else:
                yield event.with_attributes({"id": str(uuid.uuid4())})


def message(event: Event, *, structured: bool) -> Message:
    encode = encode_structured if structured else encode_binary
    head, body = encode(event)
    pairs = (line.partition(b": ") for line in head.split(b"\r\n") if line)
    return Message(str(event.attributes["id"]), [(name, value) for name, _, value in pairs], body)


def _checked(event: Event) -> Event:
    """By the rules that the broker asks, so that nothing it would refuse is sent."""
    try:
        for name, value in event.attributes.items():
            check_name(name)
            check_text(name, str(value))
        check(event.attributes)
    except InvalidEventError as error:
        raise InputError(str(error)) from error
    return event


def _data(text: str) -> bytes:
    if text == "-" or text.startswith("@"):
        return _read("--data", text.removeprefix("@"))
    return text.encode("utf-8", "surrogateescape")


def _read(option: str, path: str) -> bytes:
    if path == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{option} {path} cannot be read: {error.strerror}") from error


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True

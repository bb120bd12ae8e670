"""Structured mode in JSON (JSON format 1.0.2): the whole event is one JSON object."""

import binascii
import re
from base64 import b64decode, b64encode
from collections.abc import Container, Mapping, Sequence

import msgspec

from poplin.codec.attributes import check, check_name, check_text, shown
from poplin.codec.binary import canonical
from poplin.codec.headers import passed_through
from poplin.errors import BatchTooLargeError, InvalidEventError
from poplin.event import AttributeValue, Event

__all__ = [
    "MOST_IN_BATCH",
    "MOST_MEMBERS",
    "MOST_PASSED_BYTES",
    "decode_batch",
    "decode_structured",
    "encode_structured",
]

MOST_IN_BATCH = 1000
"""Events of one request: they are one call to the store, which serves nobody else meanwhile."""

MOST_PASSED_BYTES = 256 * 1024
"""Of the headers that pass through, for all events of a batch: each keeps them."""

MOST_MEMBERS = 1000
"""Of an event, as many as a request may have headers."""


class _Name:
    """The name of a member, unlike every other: none that comes twice may hide the first."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_OBJECT = msgspec.json.Decoder(dict[_Name, msgspec.Raw], dec_hook=lambda _type, text: _Name(text))
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])
_ANY = msgspec.json.Decoder()
_RAW = msgspec.json.Decoder(msgspec.Raw)
_PAYLOAD = frozenset({"data", "data_base64"})
_JSON_TYPE = re.compile(r"[^/;]+/(?:[^;]+\+)?json[ \t]*(?:;|\Z)", re.IGNORECASE)
_INT32 = range(-(2**31), 2**31)
_KEPT_AS_STRING = frozenset(
    {
        "id",
        "source",
        "specversion",
        "type",
        "subject",
        "time",
        "dataschema",
        "schemaurl",
        "datacontenttype",
    }
)


def decode_structured(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Event:
    """Raises InvalidEventError. Data that is JSON keeps its bytes."""
    _check_utf8(body)
    return _event(body, passed_through(headers))


def decode_batch(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> list[Event]:
    """The events of a JSON array, none among them (JSON format 4). Raises InvalidEventError,
    naming the element: a batch is valid as a whole or not at all.
    """
    _check_utf8(body)
    passed = passed_through(headers)
    try:
        elements = _ARRAY.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidEventError(f"the body is not one JSON array of events: {error}") from None
    if len(elements) > MOST_IN_BATCH:
        raise BatchTooLargeError(
            f"the batch has {len(elements)} events; send at most {MOST_IN_BATCH} at once"
        )
    if len(elements) * sum(len(name) + len(value) for name, value in passed) > MOST_PASSED_BYTES:
        raise BatchTooLargeError(
            "each event of the batch would carry the headers that pass through, which is more than "
            f"{MOST_PASSED_BYTES} bytes in all; send fewer headers or fewer events"
        )
    events: list[Event] = []
    for number, element in enumerate(elements):
        try:
            events.append(_event(element, passed))
        except InvalidEventError as error:
            raise InvalidEventError(f"element [{number}] of the batch: {error}") from error
    versions = {event.attributes["specversion"] for event in events}
    if len(versions) > 1:
        found = " and ".join(sorted(map(str, versions)))
        raise InvalidEventError(f"the events of a batch share one specversion; found {found}")
    return events


def _event(text: bytes | msgspec.Raw, passed: tuple[tuple[str, str], ...]) -> Event:
    members = _members(text)
    attributes: dict[str, AttributeValue] = {}
    for name, raw in members.items():
        if name not in _PAYLOAD:
            value = _value(name, raw)
            if value is not None:
                attributes[name] = value
    check(attributes)
    data = _data(members, attributes)
    return Event(attributes, data, passed)


def _check_utf8(body: bytes) -> None:
    """Of the whole: msgspec does not look into the values it skips."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidEventError(
            "the body is not UTF-8; a structured event is JSON in UTF-8"
        ) from None


def _members(text: bytes | msgspec.Raw) -> dict[str, msgspec.Raw]:
    try:
        members = _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidEventError(f"the event is not one JSON object: {error}") from None
    if len(members) > MOST_MEMBERS:
        raise InvalidEventError(f"the event has more than {MOST_MEMBERS} members")
    found = {name.text: value for name, value in members.items()}
    if len(found) < len(members):
        names = [name.text for name in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidEventError(f"member {shown(twice)} is there twice")
    return found


def _json(name: str, raw: msgspec.Raw) -> object:
    try:
        return _ANY.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidEventError(f"member '{name}' is not valid JSON: {error}") from None


def _value(name: str, raw: msgspec.Raw) -> AttributeValue | None:
    check_name(name)
    value = _json(name, raw)
    if isinstance(value, str):
        check_text(name, value)
        return value
    if value is None:
        return None
    if name not in _KEPT_AS_STRING:
        if isinstance(value, bool):
            return value
        if isinstance(value, int) and value in _INT32:
            return value
        allowed = "a string, a boolean or a 32-bit integer"
    else:
        allowed = "a JSON string"
    raise InvalidEventError(f"attribute '{name}' is {shown(value)}; it must be {allowed}")


def _data(members: dict[str, msgspec.Raw], attributes: dict[str, AttributeValue]) -> bytes:
    plain, encoded = members.get("data"), members.get("data_base64")
    if encoded is not None and bytes(encoded) == b"null":
        encoded = None
    if plain is not None and encoded is not None:
        raise InvalidEventError("members 'data' and 'data_base64' exclude each other")
    if encoded is not None:
        return _base64("data_base64", _json("data_base64", encoded))
    if plain is None:
        return b""
    if _is_encoded(attributes):
        # It says how this message holds the data, which nobody else needs.
        del attributes["datacontentencoding"]
        return _base64("data", _json("data", plain))
    content_type = attributes.setdefault("datacontenttype", "application/json")
    if _is_json(str(content_type)):
        return bytes(plain)  # found to be JSON when the object was split
    text = _json("data", plain)
    if text is None:
        return b""
    if not isinstance(text, str):
        raise InvalidEventError(
            f"member 'data' must be a string when datacontenttype is {shown(content_type)}"
        )
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        raise InvalidEventError("member 'data' holds a lone surrogate; it is not text") from None


def _is_encoded(attributes: Mapping[str, AttributeValue]) -> bool:
    """By CloudEvents 0.3; in 1.0 the name is an extension like any other."""
    return attributes.get("datacontentencoding") == "base64" and attributes["specversion"] == "0.3"


def _base64(name: str, value: object) -> bytes:
    try:
        if isinstance(value, str):
            return b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        pass
    raise InvalidEventError(f"member '{name}' is not base64 (RFC 4648 section 4, with padding)")


def _is_base64(data: bytes) -> bool:
    try:
        b64decode(data, validate=True)
    except binascii.Error:
        return False
    return True


def _is_json(content_type: str) -> bool:
    """*/json or */*+json, whatever the parameters (JSON format 3.1)."""
    return _JSON_TYPE.match(content_type) is not None


def encode_structured(event: Event, *, omit: Container[str] = ()) -> tuple[bytes, bytes]:
    """Header lines and the JSON body. JSON data is spliced in untouched."""
    members = {name: value for name, value in event.attributes.items() if name not in omit}
    head = "content-type: application/cloudevents+json\r\n" + "".join(
        f"{name}: {text}\r\n" for name, text in event.headers
    )
    body = msgspec.json.encode(members)
    member = _data_member(event)
    if member:
        body = body[:-1] + b"," + member + b"}"
    return head.encode("latin-1"), body


def _data_member(event: Event) -> bytes:
    data = event.data
    if not data:
        return b""
    content_type = event.attributes.get("datacontenttype")
    if _is_encoded(event.attributes):
        # In binary mode it came with data that is base64, or should be.
        return b'"data":"' + (data if _is_base64(data) else b64encode(data)) + b'"'
    if content_type is not None:
        if _is_json(canonical(content_type)):
            if _is_json_text(data):
                return b'"data":' + data
        else:
            text = _text(data)
            if text is not None:
                return b'"data":' + msgspec.json.encode(text)
    # Without a content type a `data` member would claim JSON (JSON format 3.1.1).
    if event.attributes["specversion"] == "0.3":
        return b'"datacontentencoding":"base64","data":"' + b64encode(data) + b'"'
    return b'"data_base64":"' + b64encode(data) + b'"'


def _is_json_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
        _RAW.decode(data)
    except (UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return False
    return True


def _text(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None

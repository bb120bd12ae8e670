"""CloudEvents over HTTP and in the log: pure functions from bytes to events and back.

Data is never parsed or altered; nothing here knows brokers, triggers or sockets.
"""

from collections.abc import Sequence

from poplin.codec.binary import decode_binary, encode_binary
from poplin.codec.entry import from_entry, to_entry
from poplin.codec.structured import decode_batch, decode_structured, encode_structured
from poplin.errors import InvalidEventError
from poplin.event import Event

__all__ = [
    "decode",
    "decode_all",
    "encode_binary",
    "encode_structured",
    "from_entry",
    "is_event",
    "to_entry",
]

_BATCH = b"application/cloudevents-batch"
_BATCH_JSON = b"application/cloudevents-batch+json"
_STRUCTURED = b"application/cloudevents"
_STRUCTURED_JSON = b"application/cloudevents+json"


def decode_all(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Sequence[Event]:
    """The events of an HTTP request: one, or those of a batch, which may be none.

    Header names are lower-case, repeated headers kept. The mode is decided by Content-Type alone
    (HTTP binding 3). Raises InvalidEventError.
    """
    media_type = _event_format(headers)
    if media_type is None:
        return (decode_binary(headers, body),)
    if media_type == _BATCH_JSON:
        return decode_batch(headers, body)
    return (_decode_structured(media_type, headers, body),)


def decode(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Event:
    """The event of an HTTP answer, which may hold no batch. Raises InvalidEventError."""
    media_type = _event_format(headers)
    if media_type is None:
        return decode_binary(headers, body)
    return _decode_structured(media_type, headers, body)


def _decode_structured(
    media_type: bytes, headers: Sequence[tuple[bytes, bytes]], body: bytes
) -> Event:
    if media_type == _STRUCTURED_JSON:
        return decode_structured(headers, body)
    if _has_specversion(headers) and not media_type.startswith(_BATCH):
        # Another format of structured mode: with complete headers it passes as opaque data.
        return decode_binary(headers, body)
    shown = media_type.decode("latin-1")[:60]
    raise InvalidEventError(f"format {shown!r} is not known; use application/cloudevents+json")


def is_event(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Whether an answer claims to be a CloudEvent, and so must be a valid one."""
    return _event_format(headers) is not None or _has_specversion(headers)


def _event_format(headers: Sequence[tuple[bytes, bytes]]) -> bytes | None:
    """The media type of structured and batch mode, lower-case; None in binary mode."""
    for name, value in headers:
        if name == b"content-type":
            if not value[:23].lower().startswith(_STRUCTURED):
                return None
            return value.partition(b";")[0].strip().lower()
    return None


def _has_specversion(headers: Sequence[tuple[bytes, bytes]]) -> bool:
    return any(name == b"ce-specversion" for name, _ in headers)

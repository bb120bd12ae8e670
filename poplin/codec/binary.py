"""Binary mode (HTTP binding 3.1): attributes in headers, the body is the data byte for byte."""

from collections.abc import Container, Sequence
from functools import lru_cache

from poplin.codec.attributes import check, check_name, check_text
from poplin.codec.headers import (
    decode_value,
    encode_value,
    needs_decoding,
    needs_encoding,
    passed_through,
)
from poplin.errors import InvalidEventError
from poplin.event import AttributeValue, Event

__all__ = ["canonical", "decode_binary", "encode_binary"]

_SHORT = 64
# How the names of headers that pass through begin; most requests have none.
_MAY_PASS = frozenset({b"x-", b"kn", b"re", b"tr", b"ba"})


def decode_binary(headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Event:
    """Raises InvalidEventError."""
    attributes: dict[str, AttributeValue] = {}
    kept: dict[str, str] = {}
    other = False
    for name, value in headers:
        if name[:3] == b"ce-":
            attribute = _known_name(name) if len(name) <= _SHORT else _attribute_name(name)
            if attribute in attributes:
                raise InvalidEventError(f"attribute '{attribute}' is there twice")
            if needs_decoding(value) is None:
                attributes[attribute] = value.decode("ascii")
            else:
                text, keep = decode_value(attribute, value)
                check_text(attribute, text)
                attributes[attribute] = text
                if keep is not None:
                    kept[attribute] = keep
        elif name == b"content-type":
            if "datacontenttype" in attributes:
                raise InvalidEventError("header 'content-type' is there twice")
            text = value.decode("latin-1").strip()
            check_text("datacontenttype", text)
            attributes["datacontenttype"] = text
        elif name[:2] in _MAY_PASS:
            other = True
    if attributes.keys() <= {"datacontenttype"}:
        raise InvalidEventError(
            "this is no CloudEvent: send its attributes as ce- headers, or all of it in JSON as "
            "application/cloudevents+json"
        )
    check(attributes)
    return Event(attributes, body, passed_through(headers) if other else (), kept)


def _attribute_name(header: bytes) -> str:
    name = header[3:].decode("latin-1")
    check_name(name)
    if name == "datacontenttype":
        raise InvalidEventError("header 'ce-datacontenttype' is not allowed; use content-type")
    return name


# Names come again and again; long ones are not kept.
_known_name = lru_cache(maxsize=1024)(_attribute_name)


def encode_binary(
    event: Event, *, omit: Container[str] = (), anew: bool = False
) -> tuple[bytes, bytes]:
    """Header lines, each ended by CRLF, and the body. Attributes named in `omit` are left out.

    What the event kept of its headers goes out as it came in, unless all is to be encoded `anew`.
    """
    kept = {} if anew else event.kept
    lines = []
    for name, value in event.attributes.items():
        if name == "datacontenttype":
            lines.append(f"content-type: {value}\r\n")
        elif name in omit:
            continue
        elif name in kept:
            lines.append(f"ce-{name}: {kept[name]}\r\n")
        else:
            text = value if isinstance(value, str) else canonical(value)
            if needs_encoding(text) is not None:
                text = encode_value(text)
            lines.append(f"ce-{name}: {text}\r\n")
    for name, text in event.headers:
        lines.append(f"{name}: {text}\r\n")
    return "".join(lines).encode("latin-1"), event.data


def canonical(value: AttributeValue) -> str:
    """The string form of a value (CloudEvents 1.0.2, Type System)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

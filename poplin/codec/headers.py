"""Attribute values in HTTP headers (HTTP binding 3.1.3.2), and the headers that pass through."""

import re
from collections.abc import Sequence

from poplin.codec.attributes import is_uri_reference, shown, typed_as_uri
from poplin.errors import InvalidEventError

__all__ = ["decode_value", "encode_value", "needs_decoding", "needs_encoding", "passed_through"]

# Knative's (pkg/utils/headers.go), and the trace context, which whoever takes no part in a trace
# passes on unchanged (W3C Trace Context 3.3, W3C Baggage).
_PASSED = frozenset({b"x-request-id", b"retry-after", b"traceparent", b"tracestate", b"baggage"})
_PASSED_PREFIXES = (b"knative-", b"x-b3-")
# All but U+0021-007E, and of those the quote and the percent sign.
_TO_ENCODE = re.compile(r"[^!#$&-~]+")

# Bound methods, for they are asked of every header; and without the plus, which slows a search.
needs_encoding = re.compile(r"[^!#$&-~]").search
"""None where the text may stand in a header as it is."""
needs_decoding = re.compile(rb"[^!#$&-~]").search
"""None where the text is the value, and would be encoded to itself."""

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"\Z', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_TRIPLETS = re.compile(rb"(?:%[0-9A-Fa-f]{2})+")
_ENCODED = [f"%{byte:02X}" for byte in range(256)]
_VISIBLE = re.compile(rb"[\t -~\x80-\xff]*\Z")


def decode_value(name: str, raw: bytes) -> tuple[str, str | None]:
    """The attribute's text, and its header text if encoding would give another.

    Quotes are undone, and not kept, then percent-encoding once. Raises InvalidEventError.
    """
    raw = raw.strip(b" \t")  # no part of a header's value (RFC 9110 5.5)
    text = _utf8(name, raw)
    if _QUOTED.match(text):
        return _percent_decoded(name, _ESCAPED.sub(r"\1", text[1:-1])), None
    decoded = _percent_decoded(name, text)
    sent = raw.decode("latin-1")
    return decoded, None if encode_value(decoded) == sent else sent


def _percent_decoded(name: str, text: str) -> str:
    """Escapes that are not UTF-8 are refused; a stray percent sign is literal. A URI keeps its
    escapes when it is no URI without them: its sender (sdk-go, sdk-java) did not encode.
    """
    if "%" not in text:
        return text
    try:
        decoded = _TRIPLETS.sub(_bytes, text.encode()).decode()
    except UnicodeDecodeError:
        raise InvalidEventError(
            f"attribute '{name}' is {shown(text)}; its percent-encoding is not UTF-8"
        ) from None
    if name in typed_as_uri and not is_uri_reference(decoded) and is_uri_reference(text):
        return text
    return decoded


def _utf8(name: str, raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidEventError(
            f"attribute '{name}' is {shown(raw)}; a header value must be ASCII or UTF-8"
        ) from None


def _bytes(triplets: re.Match[bytes]) -> bytes:
    return bytes.fromhex(triplets.group().replace(b"%", b"").decode())


def encode_value(text: str) -> str:
    """Percent-encode space, quote, percent and everything that is not visible ASCII."""
    return _TO_ENCODE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    return "".join([_ENCODED[byte] for byte in match.group().encode()])


def passed_through(headers: Sequence[tuple[bytes, bytes]]) -> tuple[tuple[str, str], ...]:
    """The headers that travel with an event to its subscribers."""
    found = [
        (name.decode("ascii", "replace"), value.decode("latin-1"))
        for name, value in headers
        if (name in _PASSED or name.startswith(_PASSED_PREFIXES)) and _VISIBLE.match(value)
    ]
    return tuple(found)

"""What the ingress says: a status, and for a refusal one sentence of problem+json (RFC 9457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import orjson

from poplin.metrics import Reason

__all__ = ["ACCEPTED", "OPTIONS", "Answer", "probed", "refusal"]

# Knative sets Allow on every answer of its ingress.
_ALLOW = b"allow: POST, OPTIONS\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """`head` lacks the general headers (Date, Connection) and the empty line."""

    status: int
    head: bytes
    body: bytes = b""
    reason: Reason | None = None
    """Of a refusal, for those who count."""


def _answer(status: int, lines: bytes, body: bytes = b"", reason: Reason | None = None) -> Answer:
    phrase = HTTPStatus(status).phrase.encode()
    length = b"content-length: %d\r\n" % len(body)
    head = b"HTTP/1.1 %d %b\r\n%b%b%b" % (status, phrase, _ALLOW, lines, length)
    return Answer(status, head, body, reason)


ACCEPTED = _answer(202, b"")

# CloudEvents webhook 4.2, as Knative answers it.
OPTIONS = _answer(200, b"webhook-allowed-origin: *\r\nwebhook-allowed-rate: *\r\n")


def probed(headers: Sequence[tuple[bytes, bytes]], *, is_draining: bool) -> Answer:
    """What a prober is told, whatever it asks for: by Kubernetes' agent name, or by the header
    that Knative's networking sends, whose hash is given back (pkg/network/handlers/drain.go).
    """
    if is_draining:
        return Answer(503, _probe_head(503, b""))
    hashes = [value for name, value in headers if name == b"k-network-hash"]
    if (b"k-network-probe", b"probe") in headers:
        if not hashes or not hashes[0]:
            return Answer(400, _probe_head(400, b""))
        return Answer(200, _probe_head(200, b"k-network-hash: %b\r\n" % hashes[0]))
    return Answer(200, _probe_head(200, b""))


def _probe_head(status: int, lines: bytes) -> bytes:
    phrase = HTTPStatus(status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\n%bcontent-length: 0\r\n" % (status, phrase, lines)


def refusal(status: int, reason: Reason, detail: str, retry_after_s: int = 1) -> Answer:
    title = HTTPStatus(status).phrase
    body = orjson.dumps({"title": title, "status": status, "detail": detail})
    lines = b"content-type: application/problem+json\r\n"
    if status in (429, 503):
        lines += b"retry-after: %d\r\n" % retry_after_s
    return _answer(status, lines, body, reason)

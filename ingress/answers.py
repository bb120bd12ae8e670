"""What the ingress says: a status, and for a refusal one sentence of problem+json (RFC 9457)."""

from dataclasses import dataclass
from http import HTTPStatus

import orjson

__all__ = ["ACCEPTED", "OPTIONS", "Answer", "refusal"]

# Knative sets Allow on every answer of its ingress.
_ALLOW = b"allow: POST, OPTIONS\r\n"


@dataclass(frozen=True, slots=True)
class Answer:
    """`head` lacks the general headers (Date, Connection) and the empty line."""

    status: int
    head: bytes
    body: bytes = b""


def _answer(status: int, lines: bytes, body: bytes = b"") -> Answer:
    phrase = HTTPStatus(status).phrase.encode()
    length = b"content-length: %d\r\n" % len(body)
    return Answer(
        status, b"HTTP/1.1 %d %b\r\n%b%b%b" % (status, phrase, _ALLOW, lines, length), body
    )


ACCEPTED = _answer(202, b"")

# CloudEvents webhook 4.2, as Knative answers it.
OPTIONS = _answer(200, b"webhook-allowed-origin: *\r\nwebhook-allowed-rate: *\r\n")


def refusal(status: int, detail: str) -> Answer:
    title = HTTPStatus(status).phrase
    body = orjson.dumps({"title": title, "status": status, "detail": detail})
    lines = b"content-type: application/problem+json\r\n"
    if status in (429, 503):
        lines += b"retry-after: 1\r\n"
    return _answer(status, lines, body)

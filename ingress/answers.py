"""What the ingress says: a status, and for a refusal one sentence of problem+json (RFC 9457)."""

from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from typing import Any

import orjson

__all__ = ["Send", "accepted", "refuse"]

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Knative sets Allow on every answer of its ingress (knative-contract: broker ingress).
_ALLOW = (b"allow", b"POST, OPTIONS")
_RETRY_AFTER_S = b"1"

_ACCEPTED_START: dict[str, Any] = {
    "type": "http.response.start",
    "status": 202,
    "headers": [_ALLOW, (b"content-length", b"0")],
}
_EMPTY_BODY: dict[str, Any] = {"type": "http.response.body", "body": b""}


async def accepted(send: Send) -> None:
    await send(_ACCEPTED_START)
    await send(_EMPTY_BODY)


async def refuse(send: Send, status: int, detail: str, *, close: bool = False) -> None:
    """`close` ends the connection: the rest of the request is not read."""
    body = orjson.dumps({"title": HTTPStatus(status).phrase, "status": status, "detail": detail})
    headers = [
        _ALLOW,
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if status in (429, 503):
        headers.append((b"retry-after", _RETRY_AFTER_S))
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})

"""Reading a request's body within bounds of size and memory; its time is the protocol's bound."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from poplin.errors import PoplinError

__all__ = ["BodyError", "BodyReader"]

Receive = Callable[[], Awaitable[Any]]
_MOST_DISCARDED = 16 * 1024 * 1024

Headers = Sequence[tuple[bytes, bytes]]


class BodyError(PoplinError):
    """The body is not read; `status` is the answer, None when the client has gone."""

    def __init__(self, status: int | None, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class BodyReader:
    """Keeps the bytes of all requests under way below one bound.

    `most_event_bytes` is for a whole message, headers included.
    """

    def __init__(self, *, most_event_bytes: int, most_bytes: int) -> None:
        self._most_event_bytes = most_event_bytes
        self._most_bytes = most_bytes
        self._held = 0

    async def read(self, headers: Headers, receive: Receive) -> bytes:
        """The whole body; give it back with `release`. Raises BodyError."""
        head, length = _sizes(headers)
        parts: list[bytes] = []
        size = 0
        try:
            self._check(head + length)
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise BodyError(None, "the client has gone")
                part: bytes = message["body"]
                parts.append(part)
                size += len(part)
                self._held += len(part)
                if not message["more_body"]:
                    self._check(head + size)
                    return part if len(parts) == 1 else b"".join(parts)
                self._check(head + size)
        except BodyError as error:
            self._held -= size
            if error.status is not None:
                await _discard(receive)
            raise

    def release(self, body: bytes) -> None:
        self._held -= len(body)

    def _check(self, size: int) -> None:
        if size > self._most_event_bytes:
            raise BodyError(
                413, f"the event has more than {self._most_event_bytes} bytes (--max-event-bytes)"
            )
        if self._held > self._most_bytes:
            raise BodyError(503, "too many events are under way; send the event again later")


async def _discard(receive: Receive) -> None:
    """Let the client finish, within reason: closed while it sends, it would not see the answer."""
    size = 0
    more = True
    while more and size < _MOST_DISCARDED:
        message = await receive()
        size += len(message.get("body", b""))
        more = message.get("more_body", False)


def _sizes(headers: Headers) -> tuple[int, int]:
    """Bytes of the headers, and of the body as announced (0 when it is not)."""
    head = length = 0
    for name, value in headers:
        head += len(name) + len(value)
        if name == b"content-length" and value.isdigit():
            length = int(value[:18])
    return head, length

"""The cheapest reading of requests: they have a length, and come from one who is trusted."""

import asyncio
from abc import abstractmethod

__all__ = ["Requests", "field"]


class Requests(asyncio.Protocol):
    """One connection; each request is answered at once by what `take` returns."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            total = end + 4 + int(field(head, b"content-length: "))
            if len(self._buffer) < total:
                return
            body, self._buffer = self._buffer[end + 4 : total], self._buffer[total:]
            self._transport.write(self.take(head, body))

    @abstractmethod
    def take(self, head: bytes, body: bytes) -> bytes:
        """`head` ends with the CRLF of its last line."""


def field(head: bytes, name: bytes) -> bytes:
    """The value of the header whose line begins with `name`, which is in lower case."""
    start = head.index(name) + len(name)
    return head[start : head.index(b"\r\n", start)]

"""uvicorn's HTTP protocol with the bounds it lacks: header size, connections, time."""

import asyncio
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from poplin.waiting import wait

__all__ = ["BoundedProtocol", "end_slow_requests"]

MOST_HEADER_BYTES = 128 * 1024
MOST_HEADERS = 1000
MOST_CONNECTIONS = 12_000

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_MANY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n"
)


class BoundedProtocol(HttpToolsProtocol):
    """The parser gathers an endless header silently, so its bytes are counted as they come in."""

    _in_head = True
    _head_bytes = 0
    _waits_since: float | None = None  # for a request that is not complete; None when none is due

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._waits_since = self.loop.time()
        if len(self.connections) > MOST_CONNECTIONS:
            self._end(_TOO_MANY)

    def data_received(self, data: bytes) -> None:
        if self._waits_since is None:
            self._waits_since = self.loop.time()
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEADER_BYTES:
                self._end(_TOO_LARGE)

    def on_header(self, name: bytes, value: bytes) -> None:
        # A trailer is no header: it must not become an attribute after the fact.
        if self._in_head and len(self.headers) < MOST_HEADERS:
            super().on_header(name, value)
        elif self._in_head:
            self._end(_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._waits_since = None
        super().on_message_complete()

    def has_waited(self, now: float, seconds: float) -> bool:
        """Whether the client has owed the rest of a request for longer than `seconds`."""
        return self._waits_since is not None and now - self._waits_since > seconds

    def end_slow(self) -> None:
        self._end(_TOO_SLOW)

    def _end(self, answer: bytes) -> None:
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()


async def end_slow_requests(protocols: Iterable[Any], seconds: float, stop: asyncio.Event) -> None:
    """Until `stop`, close the connections whose request has taken longer than `seconds`.

    One look a second over all connections costs less than a timer for every request.
    """
    loop = asyncio.get_running_loop()
    while not await wait(stop, 1.0):
        now = loop.time()
        for protocol in [each for each in protocols if each.has_waited(now, seconds)]:
            protocol.end_slow()

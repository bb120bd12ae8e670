"""A connection within bounds: how long it may take, how much it may send, and how it is left."""

import asyncio
from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingress.answers import Answer, refusal
from ingress.bounds import Bounds
from poplin.waiting import wait

__all__ = ["TOO_MUCH", "Connection", "look_after"]

_TOO_LARGE = refusal(431, "too_large", "the headers or trailers are too large")
_TARGET_TOO_LONG = refusal(414, "too_large", "the request target is too long")
_TOO_SLOW = refusal(408, "timeout", "the request was not complete in time; send it faster")
TOO_MUCH = refusal(
    503, "busy", "too many events are under way for this broker; send the event again later"
)


class Connection(HttpToolsProtocol):
    """Whoever derives from it parses what is fed, and says when a message began and moved on."""

    def __init__(self, bounds: Bounds, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self.headers: list[tuple[bytes, bytes]] = []
        self.url = b""
        self._bounds = bounds
        self._in_head = True
        self._has_advanced = False  # by the data that came last, to a body or to a message's end
        self._gathered = 0  # bytes since then: the parser gathers an endless line silently
        self._discarded = 0
        self._is_ended = False  # nothing more is read
        self._waits_since: float | None = None  # for a request that is incomplete
        self._idle_since: float | None = None
        self._leaves_by: float | None = None  # whatever the client has yet to send or to read

    @abstractmethod
    def _feed(self, data: bytes) -> None:
        """Parse it."""

    @abstractmethod
    def _end(self, answer: Answer) -> None:
        """Refuse what is coming in, once what came before it has its answers; read no more."""

    def data_received(self, data: bytes) -> None:
        if self._is_ended:
            self._discard(len(data))
            return
        if self._waits_since is None:
            self._waits_since = self.loop.time()
            self._idle_since = None
        self._unset_keepalive_if_required()
        self._has_advanced = False
        self._feed(data)
        if not self._has_advanced:
            self._gather(len(data))
        elif self._gathered:
            self._let_go()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._is_ended = True
        self._let_go()

    def pause_writing(self) -> None:
        """The client does not read its answers: take no more requests, and wait only so long."""
        super().pause_writing()
        self.flow.pause_reading()
        self._leaves_by = self.loop.time() + self._bounds.request_timeout_s

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self._is_ended:
            self._leaves_by = None

    def look_after(self, now: float) -> None:
        """Once a second: end what takes too long."""
        bounds = self._bounds
        if self._leaves_by is not None and now > self._leaves_by:
            self.transport.abort()
        elif self._waits_since is not None and now - self._waits_since > bounds.request_timeout_s:
            self._end(_TOO_SLOW)
        elif self._idle_since is not None and now - self._idle_since > bounds.keep_alive_s:
            self._leave()

    def _leave(self) -> None:
        """Close. What a client still sends is read for a while, unless it was known to be done: at
        a socket that is closed upon data, it would lose the answer (RFC 9112 9.6).
        """
        patience_s = self._bounds.linger_s if self._is_ended else self._bounds.request_timeout_s
        self._idle_since = None  # once: looked at again, it would move the time to leave by
        self._leaves_by = self.loop.time() + patience_s
        if self._is_ended:
            self.transport.write_eof()
            self.flow.resume_reading()
        else:
            self._is_ended = True
            self.transport.close()

    def _let_go(self) -> None:
        """Of what was gathered: it has become a request, or never will."""
        self._bounds.release("", self._gathered)
        self._gathered = 0

    def _gather(self, size: int) -> None:
        if self._is_ended:
            return
        self._gathered += size
        self._bounds.hold("", size)
        if self._gathered > self._bounds.max_header_bytes:
            self._end(self._why_too_large())
        elif self._in_head and len(self.headers) > self._bounds.max_headers:
            self._end(_TOO_LARGE)
        elif self._bounds.is_too_much(""):
            self._end(TOO_MUCH)

    def _why_too_large(self) -> Answer:
        return _TARGET_TOO_LONG if len(self.url) > self._bounds.max_target_bytes else _TOO_LARGE

    def _discard(self, size: int) -> None:
        self._discarded += size
        if self._discarded > self._bounds.max_discarded_bytes:
            self.transport.abort()


async def look_after(connections: Iterable[Any], stop: asyncio.Event) -> None:
    """Until `stop`; one look a second over all costs less than a timer for every request."""
    loop = asyncio.get_running_loop()
    while not await wait(stop, 1.0):
        now = loop.time()
        for connection in list(connections):
            connection.look_after(now)

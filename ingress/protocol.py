"""HTTP/1.1 for producers: a request is gathered within bounds and answered in turn.

A request for a broker goes to the intake with no ASGI scope, task or timer of its own: that
halves its cost (docs/performance.md). The few other paths go the ordinary way of uvicorn.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingress.answers import Answer, probed, refusal
from ingress.bounds import Bounds
from ingress.intake import Intake
from poplin.waiting import wait

__all__ = ["IngressProtocol", "look_after"]

_TOO_LARGE = refusal(431, "the headers are too large")
_TOO_SLOW = refusal(408, "the request was not complete in time; send it faster")
_TOO_MANY = refusal(503, "there are too many connections; try again later")
_TOO_MUCH = refusal(
    503, "too many events are under way for this broker; send the event again later"
)
_MOST_QUEUED = 16
_TOLD_APART = frozenset({b"expect", b"user-agent", b"k-network-probe"})


class _Request:
    """One request for a broker, while it comes in and until it is answered."""

    __slots__ = (
        "headers",
        "is_complete",
        "is_probe",
        "keep_alive",
        "method",
        "parts",
        "refused",
        "size",
        "url",
    )

    def __init__(self, method: bytes, url: bytes, headers: list[tuple[bytes, bytes]]) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.parts: list[bytes] = []
        self.size = 0
        self.refused: Answer | None = None
        self.keep_alive = True
        self.is_complete = False
        self.is_probe = False


class IngressProtocol(HttpToolsProtocol):
    """One connection. Requests are taken one at a time, in order; a few may queue behind."""

    def __init__(self, *, intake: Intake, bounds: Bounds, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._intake = intake
        self._bounds = bounds
        self._request: _Request | None = None  # coming in
        self._current: _Request | None = None  # at the intake
        self._queue: deque[_Request] = deque()
        self._in_head = True
        self._has_ended_message = False  # in the data that came last
        self._head_bytes = 0
        self._header_bytes = 0
        self._is_probe = False
        self._general = b""
        self._general_of: object = None
        self._is_closing = False
        self._waits_since: float | None = None  # for a request that is incomplete
        self._idle_since: float | None = None

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._waits_since = self.loop.time()
        if len(self.connections) > self._bounds.max_connections:
            self._end(_TOO_MANY)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        for request in (self._request, *self._queue):
            if request is not None:
                self._release(request)
        self._request = None
        self._queue.clear()

    def data_received(self, data: bytes) -> None:
        if self._waits_since is None:
            self._waits_since = self.loop.time()
            self._idle_since = None
        self._has_ended_message = False
        super().data_received(data)
        if self._in_head and not self._has_ended_message:
            # The parser gathers an endless header line silently.
            self._head_bytes += len(data)
            if self._head_bytes > self._bounds.max_header_bytes:
                self._end(_TOO_LARGE)

    def shutdown(self) -> None:
        """The server stops: whoever is to be answered learns by it that the connection closes.

        A client that keeps its connection and asks again within the linger is served once more:
        closed under its request, it could not know whether the event was taken.
        """
        self._is_closing = True
        if self._current is None and not self._queue:
            self.loop.call_later(self._bounds.linger_s, self._close_idle)

    def _close_idle(self) -> None:
        is_busy = self._current is not None or self._request is not None or bool(self._queue)
        if not is_busy and not self.transport.is_closing():
            super().shutdown()

    def look_after(self, now: float) -> None:
        """Once a second: end a request that takes too long, and a connection idle too long."""
        if (
            self._waits_since is not None
            and now - self._waits_since > self._bounds.request_timeout_s
        ):
            self._end(_TOO_SLOW)
        elif self._idle_since is not None and now - self._idle_since > self._bounds.keep_alive_s:
            self.transport.close()

    # Parser

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._is_probe = False
        self._header_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer is no header: it must not become an attribute after the fact
        self._header_bytes += len(name) + len(value)
        name = name.lower()
        self.headers.append((name, value))
        if name in _TOLD_APART:
            self._tell_apart(name, value)

    def _tell_apart(self, name: bytes, value: bytes) -> None:
        if name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        elif name == b"user-agent":
            self._is_probe |= value.startswith(b"kube-probe/")
        else:
            self._is_probe |= value == b"probe"

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        if (
            self._header_bytes > self._bounds.max_header_bytes
            or len(self.headers) > self._bounds.max_headers
        ):
            self._end(_TOO_LARGE)
        elif self.url in (b"/livez", b"/readyz"):
            self._hand_to_uvicorn()
        else:
            self._begin_request()

    def on_body(self, body: bytes) -> None:
        request = self._request
        if request is None:
            super().on_body(body)
            return
        request.size += len(body)
        if request.refused is None:
            request.parts.append(body)
            self._bounds.hold(request.url, len(body))
            self._check_size(request, request.size)
        elif request.size > self._bounds.max_discarded_bytes:
            self._end(request.refused)

    def on_message_complete(self) -> None:
        self._in_head = self._has_ended_message = True
        self._waits_since = None
        request, self._request = self._request, None
        if request is None:
            super().on_message_complete()
            return
        request.is_complete = True
        if self._current is None and not self._is_uvicorn_busy():
            self._take(request)
            return
        self._queue.append(request)
        if len(self._queue) >= _MOST_QUEUED:
            self.flow.pause_reading()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._next()

    # Requests for brokers

    def _begin_request(self) -> None:
        request = self._request = _Request(self.parser.get_method(), self.url, self.headers)
        request.keep_alive = self.parser.should_keep_alive()
        request.is_probe = self._is_probe
        announced = 0
        for name, value in self.headers:
            if name == b"content-length":
                announced = int(value)  # the parser has checked it
        self._check_size(request, announced)
        if self.expect_100_continue and request.refused is None:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_size(self, request: _Request, size: int) -> None:
        most = self._bounds.max_event_bytes
        if self._header_bytes + size > most:
            self._release(request)
            request.refused = refusal(
                413, f"the event has more than {most} bytes (--max-event-bytes)"
            )
        elif self._bounds.is_too_much(request.url):
            self._release(request)
            request.refused = _TOO_MUCH

    def _release(self, request: _Request) -> None:
        if request.parts:
            self._bounds.release(request.url, sum(map(len, request.parts)))
            request.parts.clear()

    def _take(self, request: _Request) -> None:
        self._current = request
        if request.refused is not None:
            self._reply(request.refused)
            return
        if request.is_probe:
            self._reply(probed(request.headers, is_draining=self._is_closing))
            return
        parts = request.parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        self._intake.take(request.method, request.url, request.headers, body, self._reply)

    def _reply(self, answer: Answer) -> None:
        request, self._current = self._current, None
        if request is None:
            return
        self._release(request)
        if self.transport.is_closing():
            return
        keep_alive = request.keep_alive and not self._is_closing
        connection = b"" if keep_alive else b"connection: close\r\n"
        body = b"" if request.method == b"HEAD" else answer.body
        self.transport.write(
            b"%b%b%b\r\n%b" % (answer.head, self._general_headers(), connection, body)
        )
        self.server_state.total_requests += 1
        if not keep_alive:
            self.transport.close()
            return
        self._next()

    def _next(self) -> None:
        """Take the request that queued behind, or wait for one."""
        if self.transport.is_closing():
            return
        if self._queue:
            request = self._queue.popleft()
            self.flow.resume_reading()
            self._take(request)
        elif self._waits_since is None:
            self._idle_since = self.loop.time()

    def _general_headers(self) -> bytes:
        """Date, as uvicorn renews it once a second."""
        pairs = self.server_state.default_headers
        if pairs is not self._general_of:
            self._general_of = pairs
            self._general = b"".join(b"%b: %b\r\n" % pair for pair in pairs)
        return self._general

    # The ordinary way

    def _is_uvicorn_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _hand_to_uvicorn(self) -> None:
        if self._current is not None or self._queue:
            # Behind an unanswered request; the client asks again on a fresh connection.
            self._is_closing = True
            self._request = _Request(b"GET", self.url, [])
            self._request.refused = _TOO_MANY
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def _end(self, answer: Answer) -> None:
        """Say it and close, whatever is under way."""
        if not self.transport.is_closing():
            self.transport.write(answer.head + b"connection: close\r\n\r\n" + answer.body)
            self.transport.close()


async def look_after(connections: Iterable[Any], stop: asyncio.Event) -> None:
    """Until `stop`; one look a second over all costs less than a timer for every request."""
    loop = asyncio.get_running_loop()
    while not await wait(stop, 1.0):
        now = loop.time()
        for connection in list(connections):
            connection.look_after(now)

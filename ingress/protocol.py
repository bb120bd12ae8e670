"""HTTP/1.1 for producers: a request is gathered within bounds and answered in turn.

A request for a broker goes to the intake with no ASGI scope, task or timer of its own: that
halves its cost (docs/performance.md). The few other paths go the ordinary way of uvicorn.
"""

import asyncio
import traceback
from collections import deque
from pathlib import Path
from time import perf_counter
from typing import Any, NoReturn

import httptools
import structlog

from ingress.answers import Answer, probed, refusal
from ingress.bounds import Bounds
from ingress.connection import TOO_MUCH, Connection
from ingress.heads import framing, why_refused
from ingress.intake import Intake
from ingress.request import Request, last_words
from ingress.tally import Tally
from poplin.upgrade import without_upgrade

__all__ = ["IngressProtocol"]

_TOO_MANY = refusal(503, "busy", "there are too many connections; try again later")
_TOO_MANY_AHEAD = refusal(503, "busy", "too many requests wait for their answers; read those first")
_OUR_FAULT = refusal(500, "internal", "an internal error of the ingress; please report it")
_MOST_QUEUED = 16
_MOST_PIPELINED = 512
_TOLD_APART = frozenset(
    {
        b"connection",
        b"content-encoding",
        b"expect",
        b"host",
        b"k-network-probe",
        b"transfer-encoding",
        b"upgrade",
        b"user-agent",
    }
)
# Said by many in HTTP/1.1, where a closer look finds nothing wrong with them.
_USUAL = frozenset({(b"connection", b"keep-alive"), (b"transfer-encoding", b"chunked")})


class _EndedError(Exception):
    """Stops the parser amid its data; nothing is read behind a request that ends a connection."""


class IngressProtocol(Connection):
    """One connection. Requests are taken one at a time, in order; a few may queue behind."""

    def __init__(self, *, intake: Intake, bounds: Bounds, tally: Tally, **uvicorn: Any) -> None:
        super().__init__(bounds, **uvicorn)
        self._intake = intake
        self._tally = tally
        self._request: Request | None = None  # coming in
        self._current: Request | None = None  # at the intake
        self._queue: deque[Request] = deque()
        self._is_taking_queued = False
        self._header_bytes = 0
        self._hosts = 0
        self._host = self._known_host = b""
        self._is_odd = False
        self._is_upgrade = False
        self._is_probe = False
        self._general = b""
        self._general_of: object = None
        self._is_closing = False

    # Connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self._waits_since = self.loop.time()
        if len(self.connections) > self._bounds.max_connections:
            self._end(_TOO_MANY)
            self.transport.close()  # at once: there are too many already

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._drop_incoming()
        while self._queue:
            self._release(self._queue.popleft())

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_on()

    def shutdown(self) -> None:
        """The server stops: whoever is to be answered learns by it that the connection closes.

        A client that keeps its connection and asks again within the linger is served once more:
        closed under its request, it could not know whether the event was taken.
        """
        self._is_closing = True
        if self._current is None and not self._queue:
            self.loop.call_later(self._bounds.last_call_s, self._close_idle)

    def _close_idle(self) -> None:
        is_busy = self._current is not None or self._request is not None or bool(self._queue)
        if not is_busy and not self.transport.is_closing():
            super().shutdown()

    def _end(self, answer: Answer) -> None:
        if self._is_ended:
            return
        self._is_ended = True
        self._waits_since = None
        self._let_go()
        broker = "" if self._request is None else self._request.broker
        self._drop_incoming()
        self.headers, self.url = [], b""
        self._queue.append(last_words(answer, broker))
        if self._current is None and not self._is_uvicorn_busy():
            self._next()

    def _stop(self, answer: Answer) -> NoReturn:
        """End the connection from within the parser, which must not go on."""
        self._end(answer)
        raise _EndedError

    def _drop_incoming(self) -> None:
        if self._request is not None:
            self._release(self._request)
            self._request = None

    # Parser

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._go_on_without_upgrade(data[upgrade.args[0] :])
        except httptools.HttpParserCallbackError as error:
            if not self._is_ended:
                _report(error.__context__)
                self._end(_OUR_FAULT)
        except httptools.HttpParserError as error:
            self._end(refusal(400, "invalid", f"the request breaks the rules of HTTP/1.1: {error}"))

    def on_message_begin(self) -> None:
        if self._waits_since is None:  # behind a whole request in the same piece
            self._waits_since, self._idle_since = self.loop.time(), None
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._is_probe = self._is_odd = self._is_upgrade = False
        self._header_bytes = self._hosts = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer is no header: it must not become an attribute after the fact
        self._header_bytes += len(name) + len(value)
        name = name.lower()
        self.headers.append((name, value))
        if name in _TOLD_APART:
            self._tell_apart(name, value)

    def _tell_apart(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
            self._is_odd |= value != self._known_host
            self._host = value
        elif name == b"user-agent":
            self._is_probe |= value.startswith(b"kube-probe/")
        elif name == b"k-network-probe":
            self._is_probe |= value == b"probe"
        elif (name, value) in _USUAL:
            self._is_odd |= self.parser.get_http_version() != "1.1"
        else:
            self._is_odd = True
            self.expect_100_continue |= name == b"expect" and value.lower() == b"100-continue"

    def on_headers_complete(self) -> None:
        self._in_head = False
        bounds = self._bounds
        if (
            self._header_bytes > bounds.max_header_bytes
            or len(self.headers) > bounds.max_headers
            or len(self.url) > bounds.max_target_bytes
        ):
            self._stop(self._why_too_large())
        keep_alive = self.parser.should_keep_alive()  # not, in any version but 1.1
        if self._is_odd or self._hosts != 1 or not keep_alive:
            self._look_closer()
            if self._is_upgrade:
                return
        if self.url in (b"/livez", b"/readyz"):
            self._hand_to_uvicorn()
        else:
            self._begin_request(keep_alive)

    def _look_closer(self) -> None:
        version, method = self.parser.get_http_version(), self.parser.get_method()
        head = framing(version, method, self.headers)
        refused = why_refused(head)
        if refused is not None:
            self._stop(refused)
        self._known_host = self._host
        self._is_upgrade = self.parser.should_upgrade()
        # RFC 9110 10.1.1: 1.0 knows no interim answers.
        self.expect_100_continue &= version != "1.0"

    def _go_on_without_upgrade(self, data: bytes) -> None:
        """The parser takes what follows a wish for another protocol as that protocol."""
        version, method = self.parser.get_http_version(), self.parser.get_method()
        head = without_upgrade(version, method, self.url, self.headers)
        self.parser = httptools.HttpRequestParser(self)
        self._in_head = True
        self._feed(head + data)

    def on_body(self, body: bytes) -> None:
        self._has_advanced = True
        request = self._request
        if request is None:
            super().on_body(body)
            return
        request.size += len(body)
        if request.refused is None:
            request.keep(body)
            self._bounds.hold(request.broker, len(body))
            self._check_size(request, request.size)
        elif request.size > self._bounds.max_discarded_bytes:
            self._stop(request.refused)

    def on_message_complete(self) -> None:
        if self._is_upgrade:
            return
        self._in_head = self._has_advanced = True
        self._waits_since = None
        request, self._request = self._request, None
        if request is None:
            super().on_message_complete()
            return
        request.completed = perf_counter()
        if self._current is None and not self._is_uvicorn_busy():
            self._take(request)
            return
        self._queue.append(request)
        if len(self._queue) >= _MOST_QUEUED:
            self.flow.pause_reading()
        if len(self._queue) >= _MOST_PIPELINED:
            self._stop(_TOO_MANY_AHEAD)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._next()

    # Requests for brokers

    def _begin_request(self, keep_alive: bool) -> None:
        request = self._request = Request(self.parser.get_method(), self.url, self.headers)
        request.broker = self._intake.known(self.url)
        request.keep_alive = keep_alive
        request.is_probe = self._is_probe
        announced = 0
        for name, value in self.headers:
            if name == b"content-length":
                announced = int(value)  # the parser has checked it
        self._check_size(request, announced)
        if request.refused is None:
            request.awaits_continue = self.expect_100_continue
            self._say_continue()
        elif self.expect_100_continue or announced > self._bounds.max_discarded_bytes:
            self._stop(request.refused)  # the client waits for it, or would send for too long

    def _say_continue(self) -> None:
        """Once it is the request's turn: until then the client reads answers to earlier ones."""
        request = self._request
        if request is not None and request.awaits_continue and self._is_free():
            request.awaits_continue = False
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _check_size(self, request: Request, size: int) -> None:
        most = self._bounds.max_event_bytes
        if self._header_bytes + size > most:
            self._release(request)
            request.refused = refusal(
                413, "too_large", f"the event has more than {most} bytes (--max-event-bytes)"
            )
        elif self._bounds.is_too_much(request.broker):
            self._release(request)
            request.refused = TOO_MUCH

    def _release(self, request: Request) -> None:
        if request.held:
            self._bounds.release(request.broker, request.held)
            request.release()

    def _take(self, request: Request) -> None:
        self._current = request
        if request.refused is not None:
            self._reply(request.refused)
        elif request.is_probe:
            self._reply(probed(request.headers, is_draining=self._is_closing))
        else:
            self._ask_intake(request)

    def _ask_intake(self, request: Request) -> None:
        body = request.body()
        try:
            self._intake.take(request.method, request.url, request.headers, body, self._reply)
        except Exception as error:  # noqa: BLE001 - whatever it was, one request did it
            _report(error)
            self._reply(_OUR_FAULT)

    def _reply(self, answer: Answer) -> None:
        request, self._current = self._current, None
        if request is None:
            return
        self._release(request)
        self._tally.answered(request, answer)
        if self.transport.is_closing():
            return
        keep_alive = request.keep_alive and not self._is_closing
        connection = b"" if keep_alive else b"connection: close\r\n"
        body = b"" if request.method == b"HEAD" else answer.body
        self.transport.write(
            b"%b%b%b\r\n%b" % (answer.head, self._general_headers(), connection, body)
        )
        self.server_state.total_requests += 1
        if keep_alive:
            self._next()
        else:
            self._leave()

    def _next(self) -> None:
        """Take the requests that queued behind, or wait for one."""
        if self._is_taking_queued:
            return  # an answer came at once: a call for each would be as deep as the queue is long
        self._is_taking_queued = True
        while self._queue and self._current is None and not self.transport.is_closing():
            request = self._queue.popleft()
            self._read_on()
            self._take(request)
        self._is_taking_queued = False
        self._say_continue()
        if self._current is None and self._waits_since is None:
            self._idle_since = self.loop.time()

    def _read_on(self) -> None:
        if len(self._queue) < _MOST_QUEUED and not self.flow.write_paused:
            self.flow.resume_reading()

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

    def _is_free(self) -> bool:
        """Every request that came whole has its answer."""
        return self._current is None and not self._queue and not self._is_uvicorn_busy()

    def _hand_to_uvicorn(self) -> None:
        if self._current is not None or self._queue:
            # Behind an unanswered request; the client asks again on a fresh connection.
            self._is_closing = True
            self._request = Request(b"GET", self.url, [])
            self._request.refused = _TOO_MANY
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()


def _report(fault: BaseException | None) -> None:
    """One line, without the words of the error: they may repeat what was sent."""
    place = ""
    if fault is not None and (frames := traceback.extract_tb(fault.__traceback__)):
        place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
    kind = type(fault).__name__
    structlog.get_logger().error("internal error; please report it", kind=kind, place=place)

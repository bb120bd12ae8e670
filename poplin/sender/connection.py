"""One connection to one origin: a request out, an answer in, in turn."""

import asyncio
from dataclasses import dataclass

import httptools

from poplin.errors import BrokenAnswerError, SendTimeoutError

__all__ = ["Answer", "Connection", "Limits", "StaleConnectionError"]

_MOST_INTERIM = 16
_ONE_WRITE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """Header names are lower-case; the body is as it came, never unpacked."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a peer may cost. An idle connection is dropped before common servers drop it (5 s)."""

    connect_timeout_s: float = 3.0
    max_header_bytes: int = 128 * 1024
    max_body_bytes: int = 1024 * 1024
    keep_alive_s: float = 4.0


class StaleConnectionError(Exception):
    """A kept-alive connection ended before the first byte of an answer: the peer had closed it."""


class Connection(asyncio.Protocol):
    """Reusable while `is_reusable`. Whoever sends holds it alone until the answer is there."""

    def __init__(self, limits: Limits, origin: str) -> None:
        self._limits = limits
        self._origin = origin
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[Answer] | None = None
        self._deadline = 0.0
        self._timeout_s = 0.0
        self._is_closed = False
        self._has_answered_before = False
        self._header_bytes = 0
        self.idle_since = 0.0

    @property
    def is_reusable(self) -> bool:
        return not self._is_closed

    def send(self, head: bytes, body: bytes, timeout_s: float) -> asyncio.Future[Answer]:
        """Write a request. The answer's future may fail with a SendError or StaleConnectionError."""
        if self._transport is None:
            raise RuntimeError("not connected")
        self._answer = answer = self._loop.create_future()
        self._timeout_s = timeout_s
        self._deadline = self._loop.time() + timeout_s
        self._received = self._head_bytes = self._body_bytes = self._interim = 0
        self._begin_message()
        if len(body) <= _ONE_WRITE_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)
        return answer

    def expire(self, now: float) -> None:
        """Fail the answer that is awaited if its deadline has passed."""
        if now >= self._deadline:
            error = SendTimeoutError(f"{self._origin} did not answer within {self._timeout_s:g} s")
            self._fail(error)

    def close(self) -> None:
        """Drop the connection, and fail the answer that is awaited."""
        self._fail(BrokenAnswerError(f"{self._origin}: the connection was closed here"))

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            # Nothing was asked: the peer is out of step.
            self._drop()
            return
        self._received += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(BrokenAnswerError(f"{self._origin} wants to switch protocols"))
        except httptools.HttpParserError as error:
            self._fail(BrokenAnswerError(f"{self._origin} does not answer in HTTP/1.1: {error}"))
        if self._in_head:
            # The parser gathers an endless header line silently.
            self._head_bytes += len(data)
            if self._head_bytes > 2 * self._limits.max_header_bytes:
                self._fail(BrokenAnswerError(f"{self._origin} sends more headers than allowed"))

    def eof_received(self) -> None:
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_closed = True
        if self._answer is None:
            return
        if self._is_complete or (exc is None and not self._in_head and self._ends_at_close):
            self._complete()
        elif self._received == 0 and self._has_answered_before:
            self._resolve(StaleConnectionError())
        else:
            how = "reset" if exc is not None else "closed"
            when = "before it answered" if self._received == 0 else "in the middle of its answer"
            error = BrokenAnswerError(f"{self._origin} {how} the connection {when}")
            error.__cause__ = exc
            self._resolve(error)

    # httptools

    def on_message_begin(self) -> None:
        if self._answer is None or self._is_complete:
            self._is_surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer
        name = name.lower()
        self._headers.append((name, value))
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > self._limits.max_header_bytes:
            self._fail(BrokenAnswerError(f"{self._origin} sends more headers than allowed"))
        if name in (b"content-length", b"transfer-encoding"):
            self._ends_at_close = False

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_bytes = 0
        self._status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        if self._body_bytes > self._limits.max_body_bytes:
            self._fail(
                BrokenAnswerError(
                    f"{self._origin} answers with more than {self._limits.max_body_bytes} bytes"
                )
            )
        elif self._answer is not None:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._answer is None:
            return
        if self._status < 200:
            self._interim += 1
            if self._interim > _MOST_INTERIM:
                self._fail(BrokenAnswerError(f"{self._origin} sends interim answers without end"))
                return
            self._begin_message()
            return
        self._is_complete = True
        self._keeps_alive = self._parser.should_keep_alive()
        # Bytes behind the answer come in the same turn: look at them before saying it is done.
        self._loop.call_soon(self._complete)

    # Ends

    def _begin_message(self) -> None:
        self._in_head = True
        self._is_complete = False
        self._is_surplus = self._keeps_alive = False
        self._ends_at_close = True
        self._status = self._header_bytes = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._parts: list[bytes] = []

    def _complete(self) -> None:
        if self._answer is None:
            return
        body = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        if self._is_surplus or not self._keeps_alive:
            self._drop()
        self._has_answered_before = True
        self._resolve(Answer(self._status, self._headers, body))

    def _fail(self, error: Exception) -> None:
        self._drop()
        self._resolve(error)

    def _drop(self) -> None:
        self._is_closed = True
        if self._transport is not None:
            self._transport.abort()

    def _resolve(self, result: Answer | Exception) -> None:
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if isinstance(result, Answer):
            answer.set_result(result)
        else:
            answer.set_exception(result)

"""One connection to one origin: a request out, an answer in, in turn."""

import asyncio
import select
from collections.abc import Callable

from poplin.budget import Share
from poplin.errors import BrokenAnswerError, SendTimeoutError
from poplin.sender.answer import Answer, AnswerReader
from poplin.sender.limits import Limits

__all__ = ["Connection", "StaleConnectionError"]

_ONE_WRITE_BYTES = 64 * 1024
_CLOCK_GRAIN_S = 0.001  # uvloop's clock counts milliseconds


class StaleConnectionError(Exception):
    """A connection that had been idle ended before the first byte of an answer: the peer had
    closed it.
    """


class Connection(asyncio.Protocol):
    """Whoever sends holds it alone until the answer is there; it may send again while `is_open`.

    It `is_new` until it is connected. `on_lost` is called when the transport is gone, or when it
    is abandoned. One timer serves both the deadline of a request and the end of keep-alive:
    it is set again when it fires, not for every request.
    """

    _transport: asyncio.Transport
    _timer: asyncio.TimerHandle

    def __init__(
        self, limits: Limits, peer: str, share: Share, on_lost: Callable[["Connection"], None]
    ) -> None:
        self._peer = peer
        self._share = share
        self._keep_alive_s = limits.keep_alive_s
        self._stale_after_s = limits.stale_after_s
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()
        self._reader = AnswerReader(limits, peer)
        self._answer: asyncio.Future[Answer] | None = None
        self._timer_at = 0.0
        self._until = 0.0
        self._timeout_s = 0.0
        self._has_received = False
        self._held = 0
        self._answered_at: float | None = None
        self._may_be_stale = False
        self.is_new = True
        self.is_open = False

    def send(
        self, head: bytes, body: bytes, timeout_s: float, deadline: float
    ) -> asyncio.Future[Answer]:
        """Write a request. The answer's future may fail with a SendError or StaleConnectionError.

        `deadline` is a time of the loop, `timeout_s` after the one at which the post began.
        """
        self._answer = answer = self._loop.create_future()
        self._timeout_s = timeout_s
        self._has_received = False
        self._may_be_stale = (
            self._answered_at is not None
            and deadline - timeout_s - self._answered_at >= self._stale_after_s
        )
        self._reader.begin()
        self._keep_until(deadline)
        if len(body) <= _ONE_WRITE_BYTES:
            self._transport.write(head + body)
        else:
            self._transport.write(head)
            self._transport.write(body)
        return answer

    def has_news(self) -> bool:
        """The peer left, or said what it was not asked for, and the loop has yet to see it."""
        return bool(self._readable.poll(0))

    def close(self) -> None:
        """Drop the connection; an answer that is awaited fails."""
        self._fail(BrokenAnswerError(f"{self._peer}: closed here {self._reader.progress()}"))

    def abandon(self) -> None:
        """It was not connected, or not quite: then uvloop never calls `connection_lost`."""
        if not self.is_new:
            self._drop()
            self._timer.cancel()
        self._on_lost(self)

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a Protocol's is a Transport
        self._readable = select.poll()
        self._readable.register(transport.get_extra_info("socket").fileno(), select.POLLIN)
        self.is_new = False
        self.is_open = True
        self._until = self._loop.time() + self._keep_alive_s
        self._set_timer()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            # Nothing was asked: the peer is out of step.
            self._drop()
            return
        self._has_received = True
        try:
            answer = self._reader.feed(data)
        except BrokenAnswerError as error:
            self._fail(error)
            return
        if answer is not None:
            self._finish(answer)
        elif self._share.room < len(data):
            self._fail(BrokenAnswerError(f"{self._peer} sends more at once than there is room for"))
        else:
            self._held += len(data)
            self._share.take(len(data))

    def eof_received(self) -> None:
        # At once: the transport closes by itself, but first writes out a request that nobody
        # reads any more.
        self._end(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc)
        self._drop()
        self._timer.cancel()
        self._on_lost(self)

    # Ends

    def _end(self, cause: Exception | None) -> None:
        """The peer will say no more."""
        if self._answer is None:
            return
        answer = self._reader.end() if cause is None else None
        if answer is not None:
            self._finish(answer)
        elif self._may_be_stale and not self._has_received:
            self._fail(StaleConnectionError())
        else:
            how = "closed" if cause is None else "broke"
            error = BrokenAnswerError(
                f"{self._peer} {how} the connection {self._reader.progress()}"
                + (f": {cause}" if cause is not None and str(cause) else "")
            )
            error.__cause__ = cause
            self._fail(error)

    def _finish(self, answer: Answer) -> None:
        self._let_go()
        # An answer may come before the request is out: then the rest of it is in the way.
        if not self._reader.is_reusable or self._transport.get_write_buffer_size():
            self._drop()
        self._answered_at = self._loop.time()
        self._keep_until(self._answered_at + self._keep_alive_s)
        future, self._answer = self._answer, None
        if future is not None and not future.done():
            future.set_result(answer)

    def _fail(self, error: Exception) -> None:
        self._let_go()
        self._drop()
        future, self._answer = self._answer, None
        if future is not None and not future.done():
            future.set_exception(error)

    def _let_go(self) -> None:
        if self._held:
            self._share.give_back(self._held)
            self._held = 0

    def _drop(self) -> None:
        self.is_open = False
        self._transport.abort()

    # Time

    def _keep_until(self, until: float) -> None:
        self._until = until
        if until < self._timer_at:
            self._timer.cancel()
            self._set_timer()

    def _set_timer(self) -> None:
        # Never later than keep-alive lasts: then a request need not set it when it ends.
        self._timer_at = min(self._until, self._loop.time() + self._keep_alive_s)
        self._timer = self._loop.call_at(self._timer_at, self._wake)

    def _wake(self) -> None:
        if self._loop.time() < self._until - _CLOCK_GRAIN_S:
            self._set_timer()
            return
        self._fail(
            SendTimeoutError(
                f"{self._peer} was not done in {self._timeout_s:g} s: "
                f"the time was up {self._reader.progress()}"
            )
        )

"""Many connections: a pool per origin, and the one rule for a connection that had gone stale."""

import asyncio
import ssl

from poplin.errors import ConnectError, SendTimeoutError
from poplin.sender.connection import Answer, Connection, Limits, StaleConnectionError
from poplin.sender.target import Target

__all__ = ["Sender"]

_TICK_S = 0.02
"""How late a deadline may be noticed."""

_Origin = tuple[str, str, int]


class Sender:
    """Sends from any task of the loop that it was made in. Whoever makes it closes it."""

    def __init__(
        self, limits: Limits | None = None, *, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        # Asked for once: each get_running_loop() is a system call.
        self._loop = asyncio.get_running_loop()
        self._limits = limits or Limits()
        self._ssl_context = ssl_context
        self._idle: dict[_Origin, list[Connection]] = {}
        self._busy: set[Connection] = set()
        self._tick: asyncio.TimerHandle | None = None
        self._sweep: asyncio.TimerHandle | None = None

    async def post(
        self, target: Target, headers: bytes, body: bytes, *, timeout_s: float
    ) -> Answer:
        """One attempt. `headers` are lines ended by CRLF, without Host and Content-Length.

        `timeout_s` bounds everything from connecting to the answer's last byte. Raises
        ConnectError, SendTimeoutError or BrokenAnswerError. A kept-alive connection that ends
        before any byte of an answer was closed by the peer meanwhile: the request is sent once
        more on a fresh one.
        """
        head = b"%b%bcontent-length: %d\r\n\r\n" % (target.request_head, headers, len(body))
        connection = self._take(target.origin)
        if connection is not None:
            try:
                return await self._exchange(connection, target, head, body, timeout_s)
            except StaleConnectionError:
                pass
        began = self._loop.time()
        connection = await self._connect(target, timeout_s)
        left = timeout_s - (self._loop.time() - began)
        return await self._exchange(connection, target, head, body, max(0.0, left))

    async def close(self) -> None:
        """Drop every connection; answers that are awaited fail."""
        for timer in (self._sweep, self._tick):
            if timer is not None:
                timer.cancel()
        self._sweep = self._tick = None
        idle = [connection for stack in self._idle.values() for connection in stack]
        self._idle.clear()
        for connection in (*idle, *self._busy):
            connection.close()
        await asyncio.sleep(0)

    async def _exchange(
        self, connection: Connection, target: Target, head: bytes, body: bytes, timeout_s: float
    ) -> Answer:
        self._busy.add(connection)
        if self._tick is None:
            self._tick = self._loop.call_later(_TICK_S, self._expire)
        try:
            answer = await connection.send(head, body, timeout_s)
        except asyncio.CancelledError:
            connection.close()
            raise
        finally:
            self._busy.discard(connection)
        if connection.is_reusable:
            self._keep(target.origin, connection)
        return answer

    def _expire(self) -> None:
        """One timer for all deadlines: one for each request would cost a tenth of it."""
        now = self._loop.time()
        for connection in list(self._busy):
            connection.expire(now)
        self._tick = self._loop.call_later(_TICK_S, self._expire) if self._busy else None

    async def _connect(self, target: Target, timeout_s: float) -> Connection:
        origin = f"{target.scheme}://{target.host}:{target.port}"
        limit = min(timeout_s, self._limits.connect_timeout_s)
        try:
            async with asyncio.timeout(limit):
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self._limits, origin),
                    target.host,
                    target.port,
                    ssl=self._tls() if target.scheme == "https" else None,
                    server_hostname=target.host if target.scheme == "https" else None,
                )
        except TimeoutError as error:
            if limit == timeout_s:
                raise SendTimeoutError(f"{origin} did not answer within {timeout_s:g} s") from error
            raise ConnectError(f"{origin}: no connection within {limit:g} s") from error
        except (OSError, UnicodeError) as error:
            raise ConnectError(f"{origin}: {_reason(error)}") from error
        return connection

    def _tls(self) -> ssl.SSLContext:
        if self._ssl_context is None:
            self._ssl_context = ssl.create_default_context()
        return self._ssl_context

    # The pool

    def _take(self, origin: _Origin) -> Connection | None:
        stack = self._idle.get(origin)
        oldest = self._loop.time() - self._limits.keep_alive_s
        while stack:
            connection = stack.pop()
            if connection.is_reusable and connection.idle_since > oldest:
                return connection
            connection.close()
        return None

    def _keep(self, origin: _Origin, connection: Connection) -> None:
        connection.idle_since = self._loop.time()
        self._idle.setdefault(origin, []).append(connection)
        if self._sweep is None:
            self._sweep = self._loop.call_later(self._limits.keep_alive_s, self._drop_old)

    def _drop_old(self) -> None:
        """Close what has been idle too long; the newest of a stack is its last."""
        oldest = self._loop.time() - self._limits.keep_alive_s
        for origin, stack in list(self._idle.items()):
            kept = [each for each in stack if each.is_reusable and each.idle_since > oldest]
            for connection in stack:
                if connection not in kept:
                    connection.close()
            if kept:
                self._idle[origin] = kept
            else:
                del self._idle[origin]
        self._sweep = self._loop.call_later(1.0, self._drop_old) if self._idle else None


def _reason(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(text)

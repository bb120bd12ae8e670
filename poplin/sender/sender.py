"""The one who sends: a pool for each origin, and the rule for a connection that went stale."""

import asyncio
import ssl

from poplin.budget import Budget
from poplin.errors import ConnectError
from poplin.sender.answer import Answer
from poplin.sender.connection import StaleConnectionError
from poplin.sender.limits import Limits
from poplin.sender.pool import Pool
from poplin.sender.target import Target

__all__ = ["Sender"]

_DEFAULT_LIMITS = Limits()


class Sender:
    """Sends from any task of the loop that it was made in. Whoever makes it closes it."""

    def __init__(
        self, limits: Limits = _DEFAULT_LIMITS, *, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        # Asked for once: each get_running_loop() is a system call.
        self._loop = asyncio.get_running_loop()
        self._limits = limits
        self._ssl_context = ssl_context
        self._answers = Budget(limits.max_held_bytes)
        self._pools: dict[tuple[str, str, int], Pool] = {}
        self._gone = asyncio.Event()
        self._is_closed = False

    async def post(
        self, target: Target, headers: bytes, body: bytes, *, timeout_s: float
    ) -> Answer:
        """One attempt. `headers` are lines ended by CRLF, without Host and Content-Length.

        `timeout_s` bounds everything from connecting to the answer's last byte. Raises
        ConnectError (ExhaustedError where the want is ours), SendTimeoutError or
        BrokenAnswerError. A connection that had been idle and ends before any byte of an answer
        was closed by the peer meanwhile: the request is sent once more, on a fresh one.
        Cancelled, it closes its connection.
        """
        head = b"%b%bcontent-length: %d\r\n\r\n" % (target.request_head, headers, len(body))
        deadline = self._loop.time() + timeout_s
        fresh = False
        while True:
            # Looked up each time: a pool goes with its last connection.
            pool = self._pools.get(target.origin) or self._new_pool(target)
            connection = None if fresh else pool.take_idle()
            if connection is None:
                connection = await pool.take(timeout_s, deadline, fresh=fresh)
            try:
                return await connection.send(head, body, timeout_s, deadline)
            except StaleConnectionError:
                fresh = True  # and a fresh one is never stale
            except asyncio.CancelledError:
                connection.close()
                raise
            finally:
                pool.give_back(connection)

    async def close(self) -> None:
        """Drop every connection and wait until all are gone; answers that are awaited fail."""
        self._is_closed = True
        for pool in list(self._pools.values()):
            pool.close()
        while self._pools:
            await self._gone.wait()
            self._gone.clear()

    def _new_pool(self, target: Target) -> Pool:
        if self._is_closed:
            raise ConnectError(f"{target.scheme}://{target.host}: the sender is closed")
        tls = self._tls() if target.scheme == "https" else None
        pool = Pool(target, self._limits, tls, self._answers, self._forget)
        self._pools[target.origin] = pool
        return pool

    def _tls(self) -> ssl.SSLContext:
        # Made when it is needed: reading the system's certificates takes some milliseconds.
        if self._ssl_context is None:
            self._ssl_context = ssl.create_default_context()
        return self._ssl_context

    def _forget(self, pool: Pool) -> None:
        del self._pools[pool.origin]
        self._gone.set()

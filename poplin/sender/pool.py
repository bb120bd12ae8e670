"""The connections to one origin: made, lent to one sender at a time, taken back."""

import asyncio
import errno
import ssl
from collections import deque
from collections.abc import Callable

from poplin.budget import Budget
from poplin.errors import ConnectError, ExhaustedError, SendTimeoutError
from poplin.sender.connection import Connection
from poplin.sender.limits import Limits
from poplin.sender.target import Target

__all__ = ["Pool"]

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Pool:
    """Lends the connection that was used last; whoever finds all busy waits in line.

    A Connection in `_members` that is not connected yet is a place: its holder connects it or
    gives it back. `on_empty` is called when the last member has gone.
    """

    def __init__(
        self,
        target: Target,
        limits: Limits,
        tls: ssl.SSLContext | None,
        answers: Budget,
        on_empty: Callable[["Pool"], None],
    ) -> None:
        self.origin = target.origin
        self._host = target.host
        self._port = target.port
        host = f"[{target.host}]" if ":" in target.host else target.host
        self._peer = f"{target.scheme}://{host}:{target.port}"
        self._limits = limits
        self._tls = tls
        self._share = answers.share()
        self._on_empty = on_empty
        self._idle: list[Connection] = []
        self._members: set[Connection] = set()
        self._waiting: deque[asyncio.Future[Connection]] = deque()
        self._connecting: set[asyncio.Timeout] = set()
        self._is_closed = False

    def take_idle(self) -> Connection | None:
        """The connection that was used last, ready to send."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_open:
                continue
            if not connection.has_news():
                return connection
            connection.close()
        return None

    async def take(self, timeout_s: float, deadline: float, *, fresh: bool = False) -> Connection:
        """A connection ready to send, by the deadline; a `fresh` one has never sent anything."""
        if self._is_closed:
            raise self._closed()
        connection = self._take_place()
        if connection is None:
            connection = await self._wait(timeout_s, deadline)
        if connection.is_open and not fresh:
            return connection
        if not connection.is_new:
            # Handed over after use, and closed or refused since.
            connection.close()
            connection = self._new_place()
        await self._connect(connection, timeout_s, deadline)
        return connection

    def give_back(self, connection: Connection) -> None:
        """Whatever became of it: one that is closed leaves when its transport is gone."""
        if connection.is_new:
            connection.abandon()
        elif connection.is_open:
            if (waiter := self._next_waiter()) is not None:
                waiter.set_result(connection)
            else:
                self._idle.append(connection)

    def close(self) -> None:
        """Drop all; who waits or connects gets a ConnectError, who awaits an answer its error."""
        self._is_closed = True
        while (waiter := self._next_waiter()) is not None:
            waiter.set_exception(self._closed())
        for timeout in self._connecting:
            if not timeout.expired():
                timeout.reschedule(0)
        for connection in self._members:
            if connection.is_open:
                connection.close()

    # Places

    def _take_place(self) -> Connection | None:
        if len(self._members) < self._limits.max_connections_per_origin:
            return self._new_place()
        return None  # also for a request sent again: the place of its stale connection is coming

    def _new_place(self) -> Connection:
        connection = Connection(self._limits, self._peer, self._share, self._lose)
        self._members.add(connection)
        return connection

    def _lose(self, connection: Connection) -> None:
        if connection not in self._members:
            return  # abandoned, and then lost as well
        self._members.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        # One that is being replaced had its place twice.
        has_place = len(self._members) < self._limits.max_connections_per_origin
        if has_place and (waiter := self._next_waiter()) is not None:
            waiter.set_result(self._new_place())
        if not self._members:
            self._on_empty(self)

    # Waiting

    def _next_waiter(self) -> asyncio.Future[Connection] | None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                return waiter
        return None

    async def _wait(self, timeout_s: float, deadline: float) -> Connection:
        waiter: asyncio.Future[Connection] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            async with asyncio.timeout_at(deadline):
                return await waiter
        except TimeoutError as error:
            self._hand_on(waiter)
            raise SendTimeoutError(
                f"{self._peer}: nothing sent, all {len(self._members)} connections were busy "
                f"for {timeout_s:g} s"
            ) from error
        except asyncio.CancelledError:
            self._hand_on(waiter)
            raise

    def _hand_on(self, waiter: asyncio.Future[Connection]) -> None:
        """What was handed over in the same moment as the waiter left."""
        if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
            self.give_back(waiter.result())

    # Connecting

    async def _connect(self, connection: Connection, timeout_s: float, deadline: float) -> None:
        loop = asyncio.get_running_loop()
        limit = loop.time() + self._limits.connect_timeout_s
        timeout = asyncio.timeout_at(min(deadline, limit))
        self._connecting.add(timeout)
        is_connected = False
        try:
            async with timeout:
                await loop.create_connection(
                    lambda: connection,
                    self._host,
                    self._port,
                    ssl=self._tls,
                    server_hostname=self._host.removesuffix(".") if self._tls else None,
                )
            if self._is_closed:
                raise self._closed()
            is_connected = True
        except TimeoutError as error:
            if self._is_closed:
                raise self._closed() from error
            if timeout.expired() and deadline <= limit:
                raise SendTimeoutError(
                    f"{self._peer}: no connection within the {timeout_s:g} s of the attempt"
                ) from error
            within = f" within {self._limits.connect_timeout_s:g} s" if timeout.expired() else ""
            raise ConnectError(f"{self._peer}: no connection{within}") from error
        except (OSError, UnicodeError) as error:  # ssl and socket errors are OSErrors
            kind = ExhaustedError if _is_ours(error) else ConnectError
            raise kind(f"{self._peer}: no connection: {_reason(error)}") from error
        finally:
            self._connecting.discard(timeout)
            if not is_connected:
                connection.abandon()

    def _closed(self) -> ConnectError:
        return ConnectError(f"{self._peer}: not connected, the sender is closed")


def _is_ours(error: OSError | UnicodeError) -> bool:
    return isinstance(error, OSError) and error.errno in _EXHAUSTED


def _reason(error: OSError | UnicodeError) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__

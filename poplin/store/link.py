"""The wire of one connection, once redis-py has opened it: commands out, their replies in."""

import asyncio
from collections.abc import Sequence
from typing import Any

import hiredis
from redis import exceptions

__all__ = ["Command", "Link"]

Command = Sequence[Any]

_CLOSED = "the store closed the connection"
_NOT_YET = object()


class Link(asyncio.Protocol):
    """One call at a time. redis-py connects, authenticates and closes; in between, its streams and
    timers for each reply cost as much as the reply, so the transport speaks to us directly.

    A call that is given up leaves the link out of step: it is then to be closed.
    """

    def __init__(self, connection: Any) -> None:
        """`connection` is redis-py's, and connected."""
        self._loop = asyncio.get_running_loop()
        self._connection = connection
        self._replies = hiredis.Reader(
            protocolError=exceptions.InvalidResponse,
            replyError=connection._parser.parse_error,  # noqa: SLF001 - its errors by their codes
            notEnoughData=_NOT_YET,
        )
        self._transport: asyncio.Transport = connection._writer.transport  # noqa: SLF001
        # Told of the end, too: redis-py waits for it when it closes.
        self._streams: asyncio.Protocol = self._transport.get_protocol()
        self._expected = 0
        self._answers: list[Any] = []
        self._done: asyncio.Future[list[Any]] | None = None
        self.is_open = True
        self._transport.set_protocol(self)

    def ask(self, commands: Sequence[Command]) -> asyncio.Future[list[Any]]:
        """Their replies, an error reply among them as it is; redis-py's ConnectionError when the
        connection ends before, or the store says that it cannot serve yet.
        """
        self._expected, self._answers = len(commands), []
        self._done = done = self._loop.create_future()
        if self.is_open:
            self._transport.write(
                b"".join([hiredis.pack_command(tuple(each)) for each in commands])
            )
        else:
            done.set_exception(exceptions.ConnectionError(_CLOSED))
        return done

    async def close(self, *, at_once: bool = False) -> None:
        """Returns when it is closed; `at_once` only begins to."""
        self.is_open = False
        await self._connection.disconnect(nowait=at_once)

    # asyncio.Protocol

    def data_received(self, data: bytes) -> None:
        try:
            self._replies.feed(data)
            while (reply := self._replies.gets()) is not _NOT_YET:
                if not isinstance(reply, hiredis.PushNotification):  # nothing here asks for any
                    self._take(reply)
        except exceptions.RedisError as error:
            self._end(error)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exceptions.ConnectionError(str(exc) if exc else _CLOSED))
        self._streams.connection_lost(None)

    def _take(self, reply: Any) -> None:
        self._answers.append(reply)
        if self._done is None or self._done.done():
            return
        if isinstance(reply, exceptions.ConnectionError):
            self._done.set_exception(reply)
        elif len(self._answers) == self._expected:
            self._done.set_result(self._answers)

    def _end(self, error: exceptions.RedisError) -> None:
        self.is_open = False
        self._transport.abort()
        if self._done is not None and not self._done.done():
            self._done.set_exception(error)

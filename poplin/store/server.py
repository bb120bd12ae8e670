"""One process of the store, and the connections to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import hiredis
from redis import exceptions

from poplin.store.url import Address, StoreUrl

__all__ = ["Command", "Server"]

Command = Sequence[Any]


class Server:
    """Calls take turns on at most `most` connections; whoever calls bounds the time.

    A call that is cancelled costs its connection, so that no late answer is taken for another's.
    Whether it was carried out is then unknown.
    """

    def __init__(
        self,
        url: StoreUrl,
        address: Address | None,
        *,
        most: int,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        self.address = address
        self._connection_class = url.connection_class
        self._options = dict(url.options if options is None else options)
        if address is not None:
            self._options |= {"host": address.host, "port": address.port}
        self._turns = asyncio.Semaphore(most)
        self._free: list[Any] = []
        self._age = 0

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """Send them together on one connection; an error reply is the answer, not raised."""
        async with self._turns:
            connection = self._free.pop() if self._free else self._connection()
            age = self._age
            try:
                packed = [hiredis.pack_command(tuple(command)) for command in commands]
                await connection.send_packed_command(packed, False)
                answers = [await _answer(connection) for _ in commands]
            except BaseException:
                await connection.disconnect(nowait=True)
                raise
            if age == self._age:
                self._free.append(connection)
            else:
                await connection.disconnect(nowait=True)
            return answers

    async def drop(self) -> None:
        """Close every connection, those in use as soon as their call ends; calls open new ones."""
        self._age += 1
        while self._free:
            await self._free.pop().disconnect(nowait=True)

    async def close(self) -> None:
        """Wait until the connections are closed."""
        self._age += 1
        while self._free:
            await self._free.pop().disconnect()

    def _connection(self) -> Any:
        return self._connection_class(**self._options)


async def _answer(connection: Any) -> Any:
    try:
        return await connection.read_response()
    except exceptions.ResponseError as error:
        return error

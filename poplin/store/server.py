"""One process of the store, and the connections to it."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from poplin.store.link import Command, Link
from poplin.store.url import Address, StoreUrl

__all__ = ["Command", "Server"]


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
        self._free: list[Link] = []
        self._age = 0

    async def call(self, commands: Sequence[Command]) -> list[Any]:
        """Send them together on one connection; an error reply is the answer, not raised."""
        async with self._turns:
            age = self._age
            link = await self._take()
            try:
                answers = await link.ask(commands)
            except BaseException:
                await link.close(at_once=True)
                raise
            if age == self._age:
                self._free.append(link)
            else:
                await link.close(at_once=True)
            return answers

    async def drop(self) -> None:
        """Close every connection, those in use as soon as their call ends; calls open new ones."""
        self._age += 1
        while self._free:
            await self._free.pop().close(at_once=True)

    async def close(self) -> None:
        """Wait until the connections are closed."""
        self._age += 1
        while self._free:
            await self._free.pop().close()

    async def _take(self) -> Link:
        while self._free:
            link = self._free.pop()
            if link.is_open:
                return link
            await link.close(at_once=True)
        return await self._open()

    async def _open(self) -> Link:
        connection = self._connection_class(**self._options)
        try:
            await connection.connect()
            return Link(connection)
        except BaseException:
            await connection.disconnect(nowait=True)
            raise

"""A network between the fabric and its store, or another server, that misbehaves on request."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

__all__ = ["Proxy", "proxy"]


class Proxy:
    """Each share is of the pieces that the server sends; 0.01 spoils one in a hundred.

    `is_half_open` concerns every connection while it is set, `refuses` new ones. The server is on a
    Unix socket where its URL names no port.
    """

    def __init__(self, server_url: str, seed: int) -> None:
        self._server = urlsplit(server_url)
        self._chance = random.Random(seed)
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._forgotten: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.lost_replies = 0.0
        """Neither this reply nor any later one comes; the connection stays open."""
        self.resets = 0.0
        """The connection is reset instead of the reply, after the store acted."""
        self.is_half_open = False
        """What either side sends goes nowhere, and nobody is told."""
        self.drip_s = 0.0
        """Between two pieces of 8 bytes of a reply."""
        self.cut_after: int | None = None
        """Bytes of the next reply that still come before its connection is cut."""
        self.faults = 0
        self.refuses = False

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}"

    def forget_all(self) -> None:
        """Connections made so far stay half-open for ever."""
        self._forgotten |= self._writers

    def cut(self) -> int:
        """Resets all connections; how many there were."""
        writers = list(self._writers)
        for writer in writers:
            _reset(writer)
        return len(writers)

    def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refuses:
            _reset(writer)
            return
        self._writers.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            answers, there = await self._connected()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._requests(reader, there, writer))
                tasks.create_task(self._replies(answers, writer))
        except* OSError:
            _reset(writer)
        finally:
            self._writers.discard(writer)
            self._forgotten.discard(writer)
            writer.close()
            if there is not None:
                there.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._server.port is None:
            return await asyncio.open_unix_connection(self._server.path)
        return await asyncio.open_connection(self._server.hostname, self._server.port)

    async def _requests(
        self,
        reader: asyncio.StreamReader,
        there: asyncio.StreamWriter,
        here: asyncio.StreamWriter,
    ) -> None:
        while data := await reader.read(65536):
            if not self.is_half_open and here not in self._forgotten:
                there.write(data)
                await there.drain()
        raise ConnectionResetError

    async def _replies(self, answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        is_silent = False
        while data := await answers.read(65536):
            if not is_silent and self._chance.random() < self.lost_replies:
                self.faults += 1
                is_silent = True
            if is_silent or self.is_half_open or writer in self._forgotten:
                continue
            if self._chance.random() < self.resets:
                self.faults += 1
                raise ConnectionResetError
            if self.cut_after is not None:
                data, self.cut_after = data[: self.cut_after], None
                self.faults += 1
                writer.write(data)
                await writer.drain()
                raise ConnectionResetError
            await self._pass_on(data, writer)
        raise ConnectionResetError

    async def _pass_on(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if not self.drip_s:
            writer.write(data)
            await writer.drain()
            return
        for start in range(0, len(data), 8):
            writer.write(data[start : start + 8])
            await writer.drain()
            await asyncio.sleep(self.drip_s)


def _reset(writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        writer.transport.abort()


@asynccontextmanager
async def proxy(server_url: str, seed: int) -> AsyncIterator[Proxy]:
    each = Proxy(server_url, seed)
    server = await asyncio.start_server(each.serve, "127.0.0.1", 0)
    each.port = server.sockets[0].getsockname()[1]
    try:
        yield each
    finally:
        server.close()
        await each.close()

"""A server that answers as it is told, byte by byte, and not always as HTTP wants it."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

__all__ = ["Act", "Hostile", "Wire", "hostile"]


class Wire:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The next request's body."""
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        return await self._reader.readexactly(length)

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def trickle(self, data: bytes) -> None:
        """Each byte in a packet of its own."""
        for byte in data:
            await self.say(bytes([byte]))
            await asyncio.sleep(0)

    async def hang(self) -> None:
        """Until the client goes."""
        await self._reader.read()

    def reset(self) -> None:
        """RST instead of FIN."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Act = Callable[[Wire], Awaitable[None]]


@dataclass
class Hostile:
    """`acts` are played one per connection; the last is played for every further one."""

    acts: list[Act] = field(default_factory=list)
    url: str = ""
    connections: int = 0

    def next_act(self) -> Act:
        act = self.acts[min(self.connections, len(self.acts) - 1)]
        self.connections += 1
        return act


@asynccontextmanager
async def hostile() -> AsyncIterator[Hostile]:
    scene = Hostile()
    running: set[asyncio.Task[None]] = set()

    async def play(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            running.add(task)
            task.add_done_callback(running.discard)
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await scene.next_act()(Wire(reader, writer))
        writer.close()
        with suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()

    server = await asyncio.start_server(play, "127.0.0.1", 0)
    scene.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/path?q=1"
    try:
        yield scene
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

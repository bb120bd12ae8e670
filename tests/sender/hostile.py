"""A server that answers as it is told, byte by byte, and not always as HTTP wants it."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

__all__ = [
    "CHUNKED",
    "HALF",
    "INTERIM",
    "OK",
    "Act",
    "Hostile",
    "Wire",
    "answers",
    "answers_once",
    "echoes",
    "hostile",
    "says",
]

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"


class Wire:
    """One connection, from the server's side."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self) -> bytes:
        """The next request's head; its body stays where it is."""
        return await self._reader.readuntil(b"\r\n\r\n")

    async def request(self) -> bytes:
        """The next request's body."""
        return await self.body(await self.head())

    async def body(self, head: bytes) -> bytes:
        """What follows that head."""
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

    async def repeat(self, data: bytes) -> None:
        """Until the client goes."""
        while True:
            await self.say(data)

    async def hang(self) -> None:
        """Until the client goes."""
        with suppress(ConnectionError):
            while await self._reader.read(65536):
                pass

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        """RST instead of FIN."""
        sock = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


Act = Callable[[Wire], Awaitable[None]]


def says(answer: bytes) -> Act:
    """One request, one answer, and close."""

    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(answer)

    return act


def answers(answer: bytes = OK) -> Act:
    """The same answer to every request of a connection that is kept."""

    async def act(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.say(answer)

    return act


def answers_once(*, last: bytes = b"", resets: bool = False) -> Act:
    """It leaves at the second request, after saying `last`."""

    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()
        await wire.say(last)
        if resets:
            wire.reset()

    return act


async def echoes(wire: Wire) -> None:
    while True:
        body = await wire.request()
        await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))


@dataclass
class Hostile:
    """`acts` are played one per connection; the last is played for every further one.

    Each `url` has a secret in its query, for errors not to show.
    """

    acts: list[Act] = field(default_factory=list)
    url: str = ""
    connections: int = 0
    gone: int = 0
    _left: asyncio.Condition = field(default_factory=asyncio.Condition)

    def next_act(self) -> Act:
        act = self.acts[min(self.connections, len(self.acts) - 1)]
        self.connections += 1
        return act

    async def leave(self) -> None:
        async with self._left:
            self.gone += 1
            self._left.notify_all()

    async def all_left(self) -> None:
        """Until no client holds a connection."""
        async with asyncio.timeout(5), self._left:
            await self._left.wait_for(lambda: self.gone == self.connections)


@asynccontextmanager
async def hostile(tls: ssl.SSLContext | None = None) -> AsyncIterator[Hostile]:
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
        with suppress(ConnectionError, ssl.SSLError, asyncio.CancelledError):
            await writer.wait_closed()
        await scene.leave()

    server = await asyncio.start_server(play, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    origin = f"http://127.0.0.1:{port}" if tls is None else f"https://localhost:{port}"
    scene.url = f"{origin}/path?token=secret"
    try:
        yield scene
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await server.wait_closed()

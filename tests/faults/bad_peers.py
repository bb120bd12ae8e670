"""Subscribers that harm whoever waits for them."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

__all__ = ["BAD_PEERS", "BadPeer", "bad_peer"]

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


async def _hang(_: asyncio.StreamWriter) -> None:
    await asyncio.sleep(3600)


async def _drip(writer: asyncio.StreamWriter) -> None:
    """One byte a second, of a head that never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nx: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(1)


async def _good(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 202 X\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()


async def _late(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(30)
    await _good(writer)


async def _endless(writer: asyncio.StreamWriter) -> None:
    """As fast as it is read, over a network that holds less than loopback's megabytes."""
    raw: socket.socket = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
    chunk = b"8000\r\n" + bytes(0x8000) + b"\r\n"
    while True:
        writer.write(chunk)
        await writer.drain()


BAD_PEERS: dict[str, Answer] = {
    "hangs": _hang,
    "drips": _drip,
    "answers 30 s late": _late,
    "answers endlessly": _endless,
}


class BadPeer:
    """Answers 202 until it is told to do its worst."""

    def __init__(self, answer: Answer) -> None:
        self._worst = answer
        self.is_bad = False
        self.port = 0
        self.tasks: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(head.lower().partition(b"length: ")[2].split()[0]))
                await (self._worst(writer) if self.is_bad else _good(writer))
        writer.close()


@asynccontextmanager
async def bad_peer(answer: Answer) -> AsyncIterator[BadPeer]:
    peer = BadPeer(answer)
    server = await asyncio.start_server(peer.accept, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        server.close()
        for task in peer.tasks:
            task.cancel()
        await asyncio.gather(*peer.tasks)

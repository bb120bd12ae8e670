"""The load generator: CloudEvents over kept-alive connections, as fast as answered or at a rate."""

import asyncio
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvloop

__all__ = ["Load", "run_load"]


@dataclass(frozen=True, slots=True)
class Load:
    port: int
    path: str
    connections: int
    seconds: float
    size: int
    rate: float | None = None
    """Events a second over all connections; None sends the next event when one is answered."""
    prefix: str = "bench"


@dataclass(frozen=True, slots=True)
class Sent:
    accepted: int
    refused: int


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: Load, number: int, data: bytes) -> None:
        self._data = data
        self._number = number
        self._load = load
        self._count = 0
        self._received = b""
        self.accepted = 0
        self.refused = 0
        self.is_open = True
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def send(self) -> None:
        self._count += 1
        head = (
            f"POST {self._load.path} HTTP/1.1\r\nhost: bench\r\nce-specversion: 1.0\r\n"
            f"ce-id: {self._load.prefix}-{self._number}-{self._count}\r\nce-source: /bench/load\r\n"
            f"ce-type: bench.wanted\r\nce-sentns: {time.monotonic_ns()}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(self._data)}\r\n\r\n"
        )
        self._transport.write(head.encode() + self._data)

    def data_received(self, data: bytes) -> None:
        # Answers of the fabric and of the bare application have no body.
        self._received += data
        if not self._received.endswith(b"\r\n\r\n") and b"content-length: 0" not in self._received:
            return
        if self._received.startswith(b"HTTP/1.1 202"):
            self.accepted += 1
        else:
            self.refused += 1
        self._received = b""
        if self._load.rate is None and self.is_open:
            self.send()
        elif not self.is_open and not self.finished.done():
            self.finished.set_result(None)

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self.finished.done():
            self.finished.set_result(None)


async def _run(load: Load) -> Sent:
    loop = asyncio.get_running_loop()
    data = b'{"text":"' + b"x" * (load.size - 11) + b'"}'
    clients = []
    for number in range(load.connections):
        _, client = await loop.create_connection(
            lambda number=number: _Client(load, number, data),  # type: ignore[misc]
            "127.0.0.1",
            load.port,
        )
        clients.append(client)
    end = loop.time() + load.seconds
    if load.rate is None:
        for client in clients:
            client.send()
        await asyncio.sleep(load.seconds)
    else:
        start = loop.time()
        sent = 0
        while (now := loop.time()) < end:
            while sent < (now - start) * load.rate:
                clients[sent % len(clients)].send()
                sent += 1
            await asyncio.sleep(0.001)
    for client in clients:
        client.is_open = False
    if load.rate is None:
        await asyncio.wait([client.finished for client in clients], timeout=10)
    else:
        await asyncio.sleep(0.3)
    return Sent(sum(c.accepted for c in clients), sum(c.refused for c in clients))


def run_load(load: Load, answer: Connection) -> None:
    """The process: runs one load and sends what came of it."""
    answer.send(uvloop.run(_run(load)))

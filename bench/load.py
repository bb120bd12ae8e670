"""The load generator: CloudEvents over kept-alive connections, as fast as answered or at a rate."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection

import uvloop

from bench.requests import field

__all__ = ["Load", "Message", "run_load"]

Message = Callable[["Load", str, bytes], bytes]
"""A request with that id and those data; a function of a module, for it goes to another process."""


def _cloudevent(load: "Load", event_id: str, data: bytes) -> bytes:
    head = (
        f"POST {load.path} HTTP/1.1\r\nhost: bench\r\nce-specversion: 1.0\r\nce-id: {event_id}\r\n"
        f"ce-source: /bench/load\r\nce-type: bench.wanted\r\nce-sentns: {time.monotonic_ns()}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


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
    message: Message = _cloudevent


@dataclass(frozen=True, slots=True)
class Sent:
    accepted: int
    refused: int
    p99_ms: float
    """From a request to its answer."""


class _Client(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self, load: Load, number: int, data: bytes) -> None:
        self._data = data
        self._number = number
        self._load = load
        self._count = 0
        self._received = b""
        self._sent_at: deque[float] = deque()
        self.answered_s: list[float] = []
        self.accepted = 0
        self.refused = 0
        self.is_open = True
        self.finished = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def send(self) -> None:
        self._count += 1
        event_id = f"{self._load.prefix}-{self._number}-{self._count}"
        self._sent_at.append(time.monotonic())
        self._transport.write(self._load.message(self._load, event_id, self._data))

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[: end + 2]
            size = int(field(head, b"content-length: ")) if b"content-length: " in head else 0
            if len(self._received) < end + 4 + size:
                return
            self._received = self._received[end + 4 + size :]
            self._take(head)

    def _take(self, head: bytes) -> None:
        self.answered_s.append(time.monotonic() - self._sent_at.popleft())
        if head.startswith(b"HTTP/1.1 202"):
            self.accepted += 1
        else:
            self.refused += 1
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
    answered = sorted(each for client in clients for each in client.answered_s)
    return Sent(
        sum(c.accepted for c in clients),
        sum(c.refused for c in clients),
        answered[len(answered) * 99 // 100] * 1000 if answered else 0.0,
    )


def run_load(load: Load, answer: Connection) -> None:
    """The process: runs one load and sends what came of it."""
    answer.send(uvloop.run(_run(load)))

"""The producers: events at a steady rate over a few connections, each answer in the ledger."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass

from tests.faults.ledger import Ledger, digest_of

__all__ = ["Load", "produce"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """`rate` is events a second over all connections."""

    port: int
    events: int
    rate: float
    seed: int
    path: str = "/default/main"
    connections: int = 16
    most_bytes: int = 1500
    kind: str = "test.wanted"
    prefix: str = "e"
    timeout_s: float = 8.0
    keys: int = 0
    """Partition keys, which the events have in turns with none at all."""


async def produce(load: Load, ledger: Ledger, stop: asyncio.Event | None = None) -> None:
    """Send until all are sent, or `stop` is set. An event that waited for a free connection is
    sent late, not skipped."""
    chance = random.Random(load.seed)
    numbers = iter(range(load.events))
    began = asyncio.get_running_loop().time()

    async def worker() -> None:
        connection = _Connection(load)
        for number in numbers:
            due = began + number / load.rate
            await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if stop is not None and stop.is_set():
                break
            data = chance.randbytes(chance.randint(0, load.most_bytes))
            turn = number % (load.keys + 1)
            key = f"k{turn}" if turn else ""
            await _send(connection, ledger, f"{load.prefix}{number}", data, key)
        connection.close()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(load.connections):
            tasks.create_task(worker())


async def _send(
    connection: "_Connection", ledger: Ledger, event: str, data: bytes, key: str
) -> None:
    now = asyncio.get_running_loop().time
    ledger.sent[event] = digest_of(data)
    ledger.sent_at[event] = now()
    try:
        status = await connection.post(event, data, key)
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        connection.close()
        ledger.unknown.add(event)
        return
    if status == 202:
        ledger.accepted[event] = now()
    else:
        ledger.refused[event] = status
        ledger.refused_at.append((ledger.sent_at[event], now(), status))


class _Connection:
    """Kept alive, and made anew by the next event after a failure."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, event: str, data: bytes, key: str) -> int:
        """The status. Raises OSError, TimeoutError or IncompleteReadError when it is not known."""
        async with asyncio.timeout(self._load.timeout_s):
            if self._streams is None or self._streams[0].at_eof():
                self.close()
                self._streams = await asyncio.open_connection("127.0.0.1", self._load.port)
            reader, writer = self._streams
            extra = f"ce-partitionkey: {key}\r\n" if key else ""
            head = (
                f"POST {self._load.path} HTTP/1.1\r\nhost: test\r\nce-specversion: 1.0\r\n{extra}"
                f"ce-id: {event}\r\nce-source: /faults\r\nce-type: {self._load.kind}\r\n"
                f"content-type: application/octet-stream\r\ncontent-length: {len(data)}\r\n\r\n"
            )
            writer.write(head.encode() + data)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = answer.partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length or 0))
        if b"connection: close" in answer:
            self.close()
        return int(answer.split()[1])

    def close(self) -> None:
        if self._streams is not None:
            with suppress(OSError):
                self._streams[1].close()
        self._streams = None

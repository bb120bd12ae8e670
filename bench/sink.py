"""The sink: a subscriber as cheap as can be, that counts and notes each event's age."""

import asyncio
import time
from multiprocessing.connection import Connection

import uvloop

__all__ = ["run_sink"]

_ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class _Sink:
    def __init__(self) -> None:
        self.received = 0
        self.ages_ns: list[int] = []


class _Server(asyncio.Protocol):
    def __init__(self, sink: _Sink) -> None:
        self._sink = sink
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[: end + 2]
            total = end + 4 + int(_field(head, b"content-length: "))
            if len(self._buffer) < total:
                return
            self._buffer = self._buffer[total:]
            self._sink.received += 1
            self._sink.ages_ns.append(time.monotonic_ns() - int(_field(head, b"ce-sentns: ")))
            self._transport.write(_ANSWER)


def _field(head: bytes, name: bytes) -> bytes:
    start = head.index(name) + len(name)
    return head[start : head.index(b"\r\n", start)]


async def _run(control: Connection) -> None:
    loop = asyncio.get_running_loop()
    sink = _Sink()
    server = await loop.create_server(lambda: _Server(sink), "127.0.0.1", 0)
    control.send(server.sockets[0].getsockname()[1])
    stop = asyncio.Event()

    def command() -> None:
        word = control.recv()
        if word == "stop":
            stop.set()
        elif word == "count":
            control.send(sink.received)
        else:
            ages, sink.ages_ns = sorted(sink.ages_ns), []
            control.send([ages[len(ages) * percent // 100] / 1e6 for percent in (50, 99)])

    loop.add_reader(control.fileno(), command)
    await stop.wait()
    server.close()


def run_sink(control: Connection) -> None:
    """The process: says its port, then answers each message.

    "count": how many events were received; "ages": p50 and p99 in ms of those since the last
    such message.
    """
    uvloop.run(_run(control))

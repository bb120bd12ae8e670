"""The sink: a subscriber as cheap as can be, that counts and notes each event's age."""

import asyncio
import time
from multiprocessing.connection import Connection

import uvloop

from bench.requests import Requests, field

__all__ = ["run_sink"]

_ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class _Sink:
    def __init__(self) -> None:
        self.received = 0
        self.ages_ns: list[int] = []


class _Server(Requests):
    def __init__(self, sink: _Sink) -> None:
        super().__init__()
        self._sink = sink

    def take(self, head: bytes, body: bytes) -> bytes:  # noqa: ARG002 - only its age counts
        self._sink.received += 1
        if b"ce-sentns: " in head:
            self._sink.ages_ns.append(time.monotonic_ns() - int(field(head, b"ce-sentns: ")))
        return _ANSWER


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

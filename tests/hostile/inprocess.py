"""The ingress's own protocol and intake without sockets and store: what goes in, byte for byte."""

import asyncio
from collections.abc import Sequence
from typing import Any

import uvicorn
from redis.asyncio import Redis
from uvicorn.server import ServerState

from ingress.admission import Admission
from ingress.bounds import Bounds
from ingress.brokers import Brokers, Door
from ingress.intake import Intake
from ingress.protocol import IngressProtocol
from ingress.tally import Tally
from poplin.errors import PoplinError
from poplin.log import Appender, Entry, Keyed
from poplin.log.appender import Done
from poplin.metrics import Counts

__all__ = ["Line", "Wire"]

BROKER = "default/main"


class Wire(asyncio.Transport):
    """Keeps what is written. `closed` is set by whichever way the ingress ends it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.is_half_closed = False
        self.closed = False

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ARG002 - its twin's
        return default

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.is_half_closed, "written behind the end"
        self.written += data

    def write_eof(self) -> None:
        self.is_half_closed = True

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


class _Log(Appender):
    """Everything is on disk one turn of the loop later."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.failure: PoplinError | None = None

    def add(self, entries: Sequence[Entry], done: Done, _keys: Sequence[Keyed] = ()) -> None:
        self.entries += entries
        asyncio.get_running_loop().call_soon(done, self.failure)


class _Brokers(Brokers):
    """One broker, and no store to look for others in."""

    def __init__(self, log: _Log, tally: Tally) -> None:
        super().__init__(Redis(), tally)
        self._doors = {BROKER: log}

    async def look_up(self, key: str) -> Door | None:
        return self.get(key)


async def _nothing_else(_scope: Any, _receive: Any, send: Any) -> None:
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body", "body": b""})


class Line:
    """One connection, made within a running loop."""

    def __init__(self, bounds: Bounds | None = None, intake: type[Intake] = Intake) -> None:
        self.bounds = bounds or Bounds()
        self.wire = Wire()
        self._log = _Log()
        self.counts = Counts()
        tally = Tally(self.counts)
        brokers = _Brokers(self._log, tally)
        self._intake = intake(brokers, Admission(brokers), tally)
        self._intake.is_open = True
        self.protocol = IngressProtocol(
            intake=self._intake,
            bounds=self.bounds,
            tally=tally,
            config=uvicorn.Config(_nothing_else, ws="none", interface="asgi3", log_config=None),
            server_state=ServerState(),
            app_state={},
        )
        self.protocol.connection_made(self.wire)

    def fail(self, failure: PoplinError) -> None:
        """Whatever comes from now on is not stored."""
        self._log.failure = failure

    @property
    def entries(self) -> list[Entry]:
        return self._log.entries

    async def feed(self, *packets: bytes) -> None:
        """Until all is answered that will be; nothing is read behind an end."""
        for packet in packets:
            if not self.wire.closed:
                self.protocol.data_received(packet)
            # The append, its answer, and what the answer lets begin.
            for _ in range(3):
                await asyncio.sleep(0)
        while self.protocol._current or self.protocol._queue:  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)
        await self._intake.close()

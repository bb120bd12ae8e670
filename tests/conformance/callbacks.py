"""The kit's own server: every subscriber and dead-letter sink is a path of it."""

import asyncio
import json
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from aiohttp import web

__all__ = ["PROBE_TYPE", "WAIT_S", "Answer", "Callbacks", "Received", "Receiver"]

PROBE_TYPE = "kit.probe"
"""How the types of events begin that only ask whether a broker serves; receivers that do not wait
for them take them without a word.
"""

WAIT_S = 15.0
"""How long a check waits for one thing, unless it says otherwise."""

_MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    status: int = 202
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay_s: float = 0.0
    ends: Literal["closed", "reset"] | None = None
    """How the connection ends instead of an answer."""


@dataclass(frozen=True, slots=True)
class Received:
    """`headers` by lower-case name; `at` is the loop's time."""

    headers: dict[str, str]
    data: bytes
    at: float

    @property
    def attributes(self) -> dict[str, str]:
        """Of either mode, as text; `data` is no attribute."""
        if self.is_structured:
            members = json.loads(self.data)
            return {
                name: str(value)
                for name, value in members.items()
                if name not in ("data", "data_base64")
            }
        return {
            name.removeprefix("ce-"): value
            for name, value in self.headers.items()
            if name.startswith("ce-")
        }

    @property
    def id(self) -> str:
        return self.attributes.get("id", "")

    @property
    def is_structured(self) -> bool:
        return self.headers.get("content-type", "").startswith("application/cloudevents+json")


class Receiver:
    """One path. `answer` gets the request, already recorded, and how often its event has come,
    from 1.
    """

    def __init__(self, name: str, url: str, *, takes_probes: bool) -> None:
        self.name = name
        self.url = url
        self._takes_probes = takes_probes
        self.answer: Callable[[Received, int], Answer] = lambda _received, _attempt: Answer()
        self.received: list[Received] = []
        self._attempts: Counter[str] = Counter()
        self._changed = asyncio.Event()

    def take(self, received: Received) -> Answer:
        """Without a pause, so that requests have the order in which they are recorded."""
        is_probe = received.attributes.get("type", "").startswith(PROBE_TYPE)
        if is_probe and not self._takes_probes:
            return Answer()
        self._attempts[received.id] += 1
        self.received.append(received)
        self._changed.set()
        return self.answer(received, self._attempts[received.id])

    async def wait(self, count: int, seconds: float = WAIT_S) -> list[Received]:
        """Until `count` requests have come; raises TimeoutError naming what did come."""
        try:
            await self._wait_until(lambda: len(self.received) >= count, seconds)
        except TimeoutError:
            seen = [each.id for each in self.received]
            raise TimeoutError(
                f"{self.name} received {len(seen)} of {count} requests in {seconds:g} s: {seen}"
            ) from None
        return self.received

    async def wait_for(self, event: str, seconds: float = WAIT_S) -> Received:
        """Until the event with this id has come."""
        try:
            await self._wait_until(lambda: bool(self.of(event)), seconds)
        except TimeoutError:
            raise TimeoutError(f"{self.name} did not receive {event} in {seconds:g} s") from None
        return self.of(event)[-1]

    def of(self, event: str) -> list[Received]:
        return [each for each in self.received if each.id == event]

    async def _wait_until(self, holds: Callable[[], bool], seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while not holds():
                self._changed.clear()
                await self._changed.wait()


class Callbacks:
    """All receivers: on one port, but for those that refuse connections at first."""

    def __init__(self, host: str, port: int) -> None:
        self._base = f"http://{host}:{port}"
        self._host = host
        self._port = port
        self._receivers: dict[str, Receiver] = {}
        self._closed: dict[str, socket.socket] = {}
        application = web.Application(client_max_size=_MOST_BYTES)
        application.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(application, access_log=None)

    @property
    def receivers(self) -> list[Receiver]:
        return list(self._receivers.values())

    def receiver(self, name: str, *, takes_probes: bool = False) -> Receiver:
        return self._add(name, self._base, takes_probes=takes_probes)

    def closed_receiver(self, name: str) -> Receiver:
        """Refuses every connection until it is opened. Its port is bound, so nobody else gets it."""
        closed = socket.socket()
        closed.bind((self._host, 0))
        self._closed[name] = closed
        return self._add(name, f"http://{self._host}:{closed.getsockname()[1]}")

    async def open(self, receiver: Receiver) -> None:
        await web.SockSite(self._runner, self._closed.pop(receiver.name)).start()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        await self._runner.setup()
        await web.TCPSite(self._runner, self._host, self._port).start()
        try:
            yield
        finally:
            await self._runner.cleanup()
            for closed in self._closed.values():
                closed.close()

    def _add(self, name: str, base: str, *, takes_probes: bool = False) -> Receiver:
        receiver = Receiver(name, f"{base}/{name}", takes_probes=takes_probes)
        self._receivers[f"/{name}"] = receiver
        return receiver

    async def _serve(self, request: web.Request) -> web.Response:
        receiver = self._receivers.get(request.path)
        if receiver is None or request.method != "POST":
            return web.Response(status=404)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in request.raw_headers
        }
        data = await request.read()
        answer = receiver.take(Received(headers, data, asyncio.get_running_loop().time()))
        if answer.ends is not None and request.transport is not None:
            _end(request.transport, resets=answer.ends == "reset")
        await asyncio.sleep(answer.delay_s)
        return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


def _end(transport: asyncio.Transport, *, resets: bool) -> None:
    """Aborting alone closes in order: only without lingering does the kernel send a reset."""
    if resets:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()

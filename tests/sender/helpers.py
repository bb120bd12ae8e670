"""What several tests of the sender do."""

import asyncio
from typing import Protocol

import pytest

from poplin.errors import BrokenAnswerError
from poplin.sender import Answer, Sender, Target
from poplin.sender.connection import Connection
from poplin.sender.pool import Pool
from tests.sender.hostile import OK, Hostile, Wire, answers

__all__ = ["AnySender", "Gate", "Silence", "broken", "hangs", "post", "used"]


class AnySender(Protocol):
    async def post(
        self, target: Target, headers: bytes, body: bytes, *, timeout_s: float
    ) -> Answer: ...

    async def close(self) -> None: ...


async def post(
    sender: AnySender, server: Hostile, *, body: bytes = b"body", timeout_s: float = 5.0
) -> Answer:
    return await sender.post(Target.parse(server.url), b"x-a: b\r\n", body, timeout_s=timeout_s)


async def broken(sender: AnySender, server: Hostile, *, timeout_s: float = 5.0) -> str:
    with pytest.raises(BrokenAnswerError) as caught:
        await post(sender, server, timeout_s=timeout_s)
    return str(caught.value)


async def hangs(wire: Wire) -> None:
    await wire.request()
    await wire.hang()


class Gate:
    """An act that answers when it is let; `asked` says that a request is there."""

    def __init__(self, answer: bytes = OK) -> None:
        self._answer = answer
        self.asked = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, wire: Wire) -> None:
        while True:
            await wire.request()
            self.asked.set()
            await self.opened.wait()
            await wire.say(self._answer)


class Silence:
    """An act that says nothing; `connected` says that a client is there."""

    def __init__(self) -> None:
        self.connected = asyncio.Event()

    async def __call__(self, wire: Wire) -> None:
        self.connected.set()
        await wire.hang()


async def used(sender: Sender, server: Hostile) -> tuple[Pool, Connection]:
    """The pool after a first answer, and the connection that brought it, taken out."""
    server.acts = [answers()]
    await post(sender, server)
    pool = sender._pools[Target.parse(server.url).origin]
    connection = pool.take_idle()
    assert connection is not None
    return pool, connection

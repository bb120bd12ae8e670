"""What several tests of the sender do."""

import asyncio
from typing import Protocol

import pytest

from poplin.errors import BrokenAnswerError
from poplin.sender import Answer, Target
from tests.sender.hostile import OK, Hostile, Wire

__all__ = ["AnySender", "Gate", "broken", "hangs", "keeps_silent", "post"]


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


async def keeps_silent(wire: Wire) -> None:
    await wire.hang()

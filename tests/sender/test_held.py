"""Memory that answers take before they are complete."""

import asyncio

import pytest

from poplin.errors import BrokenAnswerError
from poplin.sender import Limits, Sender
from tests.sender.helpers import post
from tests.sender.hostile import Hostile, Wire, hostile

SIZE = 40_000


class Halves:
    """An act that sends half a body, and the other when it is let."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    async def __call__(self, wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % (2 * SIZE))
            await wire.say(b"x" * SIZE)
            await self.go_on.wait()
            await wire.say(b"x" * SIZE)


async def test_an_origin_holds_its_share_and_no_more_and_others_are_read(server: Hostile) -> None:
    sender = Sender(Limits(max_held_bytes=4 * SIZE))
    halves = Halves()
    server.acts = [halves]
    many = [asyncio.create_task(post(sender, server)) for _ in range(6)]
    finished = asyncio.as_completed(many)
    for _ in range(4):
        with pytest.raises(BrokenAnswerError, match="more at once than there is room for"):
            await next(finished)

    async def in_two(wire: Wire) -> None:
        await wire.request()
        await wire.trickle(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")

    async with hostile() as other:
        other.acts = [in_two]
        answer = await post(sender, other)
        assert 0 < sender._answers.held <= 2 * SIZE + 1000
        await sender.close()

    assert answer.body == b"ok"
    assert sender._answers.held == 0
    await asyncio.wait(many)


async def test_what_was_held_is_free_again(server: Hostile) -> None:
    sender = Sender(Limits(max_held_bytes=4 * SIZE))
    halves = Halves()
    halves.go_on.set()
    server.acts = [halves]

    for _ in range(5):
        assert len((await post(sender, server)).body) == 2 * SIZE

    assert sender._answers.held == 0
    await sender.close()

"""Memory that answers take before they are complete."""

import asyncio

from poplin.sender import Answer, Limits, Sender
from tests.sender.helpers import post
from tests.sender.hostile import OK, Hostile, Wire, hostile

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
    refused: set[asyncio.Task[Answer]] = set()
    while len(refused) < 4:
        waiting = [each for each in many if each not in refused]
        refused |= (await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED))[0]

    async def in_pieces(wire: Wire) -> None:
        await wire.request()
        await wire.trickle(OK)

    async with hostile() as other:
        other.acts = [in_pieces]
        answer = await post(sender, other)
        held = sender._answers.held
        await sender.close()

    found = await asyncio.gather(*many, return_exceptions=True)
    assert answer.body == b"ok"
    assert 0 < held <= 2 * SIZE + 1000
    assert sender._answers.held == 0
    assert sum("more at once than there is room for" in str(each) for each in found) == 4


async def test_what_was_held_is_free_again(server: Hostile) -> None:
    sender = Sender(Limits(max_held_bytes=4 * SIZE))
    halves = Halves()
    halves.go_on.set()
    server.acts = [halves]

    for _ in range(5):
        assert len((await post(sender, server)).body) == 2 * SIZE

    assert sender._answers.held == 0
    await sender.close()

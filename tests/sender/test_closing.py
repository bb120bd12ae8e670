"""Cancelling and closing at any moment leaves nothing behind."""

import asyncio

import pytest

from poplin.errors import BrokenAnswerError, ConnectError, SendError
from poplin.sender import Sender, Target
from tests.sender.helpers import Gate, Silence, post
from tests.sender.hostile import Hostile, Wire, answers, hostile


async def test_a_cancelled_handshake_leaves_nothing_behind(sender: Sender, server: Hostile) -> None:
    silence = Silence()
    server.acts = [silence]
    target = Target.parse(server.url.replace("http:", "https:"))
    task = asyncio.create_task(sender.post(target, b"", b"", timeout_s=5))
    await silence.connected.wait()
    task.cancel()
    await asyncio.wait({task})

    await server.all_left()
    assert task.cancelled()
    assert sender._pools == {}


async def test_closing_fails_those_who_send_wait_and_connect(
    single: Sender, server: Hostile
) -> None:
    gate = Gate()
    server.acts = [gate]
    sends = asyncio.create_task(post(single, server))
    await gate.asked.wait()
    waits = asyncio.create_task(post(single, server))
    async with hostile() as silent:
        silence = Silence()
        silent.acts = [silence]
        target = Target.parse(silent.url.replace("http:", "https:"))
        connects = asyncio.create_task(single.post(target, b"", b"", timeout_s=5))
        await silence.connected.wait()

        await asyncio.wait_for(asyncio.gather(single.close(), single.close()), 1)

        await silent.all_left()
    found = await asyncio.gather(sends, waits, connects, return_exceptions=True)
    assert [type(each) for each in found] == [BrokenAnswerError, ConnectError, ConnectError]
    assert all("closed" in str(each) for each in found)
    assert single._pools == {}


@pytest.mark.parametrize("turns", range(12))
@pytest.mark.parametrize("timeout_s", [0, 50], ids=["late", "early"])
async def test_closing_at_any_turn_of_a_connect_leaves_nothing(
    sender: Sender, server: Hostile, timeout_s: float, turns: int
) -> None:
    async def act(wire: Wire) -> None:
        await wire.hang()

    server.acts = [act]
    sends = asyncio.create_task(post(sender, server, timeout_s=timeout_s))
    for _ in range(turns):
        await asyncio.sleep(0)

    await asyncio.wait_for(sender.close(), 5)

    with pytest.raises(SendError):
        await sends
    await server.all_left()
    assert sender._pools == {}


@pytest.mark.parametrize("turns", range(12))
async def test_cancelling_at_any_turn_leaves_nothing(
    sender: Sender, server: Hostile, turns: int
) -> None:
    async def act(wire: Wire) -> None:
        await wire.hang()

    server.acts = [act]
    sends = asyncio.create_task(post(sender, server))
    for _ in range(turns):
        await asyncio.sleep(0)
    sends.cancel()

    await asyncio.wait({sends})

    await server.all_left()
    await sender.close()
    assert sends.cancelled()
    assert sender._pools == {}


async def test_a_closed_sender_sends_nothing(sender: Sender, server: Hostile) -> None:
    server.acts = [answers()]
    await post(sender, server)
    await sender.close()

    assert sender._pools == {}
    with pytest.raises(ConnectError, match="closed"):
        await post(sender, server)

    assert server.connections == 1


async def test_who_sends_again_finds_the_sender_closed(sender: Sender, server: Hostile) -> None:
    """Closed between a stale connection and the second sending."""
    server.acts = [answers()]
    await post(sender, server)
    pool = sender._pools[Target.parse(server.url).origin]
    pool.close()

    with pytest.raises(ConnectError, match="closed"):
        await pool.take(5, asyncio.get_running_loop().time() + 5)

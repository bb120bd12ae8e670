"""What a stale connection costs: one more sending, and no more."""

import asyncio

import pytest

from poplin.errors import SendTimeoutError
from poplin.sender import Limits, Sender, Target
from tests.sender.helpers import Silence, broken, hangs, post
from tests.sender.hostile import OK, Act, Hostile, Wire, answers, answers_once, says


@pytest.mark.parametrize("ending", [says(b""), says(b"HTTP/1.1 5")], ids=["close", "half"])
async def test_the_second_sending_is_the_last(sender: Sender, server: Hostile, ending: Act) -> None:
    server.acts = [answers_once(), ending, answers()]
    await post(sender, server)

    await broken(sender, server)

    assert server.connections == 2


@pytest.mark.parametrize("resets", [True, False], ids=["reset", "close"])
async def test_a_connection_that_was_busy_a_moment_ago_is_not_stale(
    server: Hostile, *, resets: bool
) -> None:
    sender = Sender(Limits(stale_after_s=60))
    server.acts = [answers_once(resets=resets), answers()]
    await post(sender, server)

    await broken(sender, server)

    assert server.connections == 1
    await sender.close()


async def test_after_one_byte_nothing_is_sent_again(sender: Sender, server: Hostile) -> None:
    server.acts = [answers_once(last=b"H"), answers()]
    await post(sender, server)

    await broken(sender, server)

    assert server.connections == 1


async def test_the_second_sending_uses_no_other_kept_connection(
    sender: Sender, server: Hostile
) -> None:
    requests: list[bytes] = []

    async def counts(wire: Wire) -> None:
        requests.append(await wire.request())
        await wire.say(OK)
        requests.append(await wire.request())

    server.acts = [counts, counts, answers()]
    await asyncio.gather(post(sender, server), post(sender, server))

    answer = await post(sender, server)

    assert (answer.body, len(requests), server.connections) == (b"ok", 3, 3)


async def test_the_second_sending_finds_a_place_in_a_full_pool(server: Hostile) -> None:
    sender = Sender(Limits(max_connections_per_origin=2, stale_after_s=0))
    both = asyncio.Barrier(2)

    async def answers_together(wire: Wire) -> None:
        await wire.request()
        await both.wait()
        await wire.say(OK)
        await wire.request()

    server.acts = [answers_together, answers_together, answers()]
    await asyncio.gather(post(sender, server), post(sender, server))

    found = await asyncio.gather(*(post(sender, server) for _ in range(3)))

    assert [answer.body for answer in found] == [b"ok"] * 3
    await sender.close()


async def test_both_sendings_share_one_deadline(sender: Sender, server: Hostile) -> None:
    async def ends_late(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()
        await asyncio.sleep(0.4)

    server.acts = [ends_late, hangs]
    await post(sender, server)
    began = asyncio.get_running_loop().time()

    with pytest.raises(SendTimeoutError):
        await post(sender, server, timeout_s=0.6)

    assert asyncio.get_running_loop().time() - began < 0.9
    assert server.connections == 2


async def test_connecting_ends_at_the_deadline_of_the_attempt(server: Hostile) -> None:
    sender = Sender(Limits(connect_timeout_s=30))
    server.acts = [Silence()]
    target = Target.parse(server.url.replace("http:", "https:"))

    with pytest.raises(SendTimeoutError):
        await asyncio.wait_for(sender.post(target, b"", b"", timeout_s=0.1), 5)

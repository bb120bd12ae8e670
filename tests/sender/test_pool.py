"""Connections: kept, shared, waited for, dropped."""

import asyncio

import pytest

from poplin.budget import Budget
from poplin.errors import ConnectError, SendTimeoutError
from poplin.sender import Limits, Sender, Target
from poplin.sender.pool import Pool
from tests.sender.helpers import Gate, broken, hangs, post, used
from tests.sender.hostile import OK, Hostile, Wire, answers, echoes, hostile, says


async def test_the_connection_used_last_is_used_first(sender: Sender, server: Hostile) -> None:
    first, second = Gate(b"HTTP/1.1 201 A\r\ncontent-length: 0\r\n\r\n"), Gate()
    server.acts = [first, second]
    one = asyncio.create_task(post(sender, server))
    await first.asked.wait()
    two = asyncio.create_task(post(sender, server))
    await second.asked.wait()
    second.opened.set()
    await two
    first.opened.set()
    await one

    answer = await post(sender, server)

    assert (answer.status, server.connections) == (201, 2)


async def test_origins_share_nothing(sender: Sender, server: Hostile) -> None:
    server.acts = [answers()]
    async with hostile() as other:
        other.acts = [answers()]

        for each in (server, other, server, other):
            await post(sender, each)

        assert (server.connections, other.connections) == (1, 1)


async def test_an_idle_connection_is_dropped_after_its_time(server: Hostile) -> None:
    sender = Sender(Limits(keep_alive_s=0.1))
    server.acts = [answers()]

    await post(sender, server)

    await server.all_left()
    assert sender._pools == {}


async def test_keep_alive_does_not_cut_a_slow_answer(server: Hostile) -> None:
    sender = Sender(Limits(keep_alive_s=0.05))

    async def act(wire: Wire) -> None:
        await wire.request()
        await asyncio.sleep(0.2)
        await wire.say(OK)

    server.acts = [act]

    assert (await post(sender, server, timeout_s=50)).body == b"ok"
    await sender.close()


async def test_keep_alive_ends_in_time_after_a_slow_answer(server: Hostile) -> None:
    sender = Sender(Limits(keep_alive_s=0.05))

    async def act(wire: Wire) -> None:
        await wire.request()
        await asyncio.sleep(0.2)
        await wire.say(OK)
        await wire.hang()

    server.acts = [act]

    await post(sender, server, timeout_s=50)

    await server.all_left()


async def test_a_request_that_is_not_out_ends_the_connection(
    sender: Sender, server: Hostile
) -> None:
    async def refuses(wire: Wire) -> None:
        await wire.head()
        await wire.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await wire.hang()

    server.acts = [refuses]

    answer = await post(sender, server, body=b"x" * 20_000_000)

    assert answer.status == 413
    await server.all_left()


async def test_a_short_deadline_holds_after_a_long_one(sender: Sender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await hangs(wire)

    server.acts = [act]
    await post(sender, server, timeout_s=50)

    with pytest.raises(SendTimeoutError, match=r"was not done in 0\.1 s"):
        await asyncio.wait_for(post(sender, server, timeout_s=0.1), 5)


async def test_unasked_bytes_end_an_idle_connection(sender: Sender, server: Hostile) -> None:
    speak = asyncio.Event()

    async def speaks_up(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await speak.wait()
        await wire.say(OK)
        await wire.hang()

    server.acts = [speaks_up, answers()]
    await post(sender, server)
    speak.set()
    await server.all_left()

    await post(sender, server)

    assert server.connections == 2


async def test_no_more_connections_than_allowed(server: Hostile) -> None:
    sender = Sender(Limits(max_connections_per_origin=3))
    server.acts = [echoes]
    target = Target.parse(server.url)
    bodies = [b"%d" % number for number in range(50)]

    found = await asyncio.gather(*(sender.post(target, b"", body, timeout_s=5) for body in bodies))

    assert [answer.body for answer in found] == bodies
    assert server.connections == 3
    await sender.close()


async def test_who_waits_gets_the_place_of_a_lost_connection(
    single: Sender, server: Hostile
) -> None:
    server.acts = [says(b""), says(b"garbage"), says(OK)]

    found = await asyncio.gather(*(post(single, server) for _ in range(3)), return_exceptions=True)

    assert [type(each).__name__ for each in found] == ["BrokenAnswerError"] * 2 + ["Answer"]
    assert server.connections == 3


async def test_who_waits_gets_the_place_of_a_failed_connect(single: Sender) -> None:
    target = Target.parse("http://nowhere.invalid/")

    found = await asyncio.gather(
        *(single.post(target, b"", b"", timeout_s=5) for _ in range(3)), return_exceptions=True
    )

    assert [type(each) for each in found] == [ConnectError] * 3
    assert single._pools == {}


async def test_waiting_for_a_place_ends_at_the_deadline(single: Sender, server: Hostile) -> None:
    gate = Gate()
    server.acts = [gate]
    first = asyncio.create_task(post(single, server))
    await gate.asked.wait()

    with pytest.raises(SendTimeoutError, match="nothing sent, all 1 connections were busy"):
        await post(single, server, timeout_s=0.1)

    gate.opened.set()
    await first
    await post(single, server)
    assert server.connections == 1


async def test_who_stops_waiting_hands_on_what_came_in_the_same_moment(
    single: Sender, server: Hostile
) -> None:
    pool, connection = await used(single, server)
    leaves, stays = (asyncio.create_task(post(single, server)) for _ in range(2))
    await asyncio.sleep(0)
    pool.give_back(connection)
    leaves.cancel()

    answer = await stays

    assert (answer.body, server.connections) == (b"ok", 1)
    await asyncio.wait({leaves})
    assert leaves.cancelled()


async def test_a_connection_that_ends_while_it_is_handed_over_is_replaced(
    single: Sender, server: Hostile
) -> None:
    pool, connection = await used(single, server)
    waits = asyncio.create_task(post(single, server))
    await asyncio.sleep(0)
    pool.give_back(connection)
    connection.close()

    answer = await waits

    assert (answer.body, server.connections) == (b"ok", 2)


async def test_a_connection_that_has_just_been_dropped_is_passed_over(
    sender: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(sender, server)
    pool = sender._pools[Target.parse(server.url).origin]
    pool._idle[0].close()

    assert pool.take_idle() is None


async def test_a_lost_connection_is_not_kept_in_mind(sender: Sender, server: Hostile) -> None:
    gates = [Gate(), Gate()]
    server.acts = [*gates]
    sends = [asyncio.create_task(post(sender, server)) for _ in gates]
    for gate in gates:
        await gate.asked.wait()
        gate.opened.set()
    await asyncio.gather(*sends)
    pool = sender._pools[Target.parse(server.url).origin]
    lost, stays = pool._idle
    lost.close()
    for _ in range(5):
        await asyncio.sleep(0)

    assert (pool._idle, pool._members) == ([stays], {stays})


async def test_who_sends_again_and_is_handed_a_used_connection_gets_a_new_one(
    single: Sender, server: Hostile
) -> None:
    pool, before = await used(single, server)
    deadline = asyncio.get_running_loop().time() + 5
    again = asyncio.create_task(pool.take(5, deadline, fresh=True))
    after = asyncio.create_task(pool.take(5, deadline))
    await asyncio.sleep(0)
    pool.give_back(before)
    fresh = await again
    pool.give_back(fresh)

    assert fresh is not before
    assert await after is fresh
    pool.give_back(fresh)


async def test_a_place_that_is_abandoned_twice_is_lost_once(server: Hostile) -> None:
    emptied: list[Pool] = []
    pool = Pool(Target.parse(server.url), Limits(), None, Budget(1000), emptied.append)
    place = pool._take_place()
    assert place is not None

    place.abandon()
    place.abandon()

    assert emptied == [pool]


async def test_an_answer_that_meets_a_cancelled_post_is_dropped(
    sender: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(sender, server)
    connection = sender._pools[Target.parse(server.url).origin].take_idle()
    assert connection is not None
    answer = connection.send(b"", b"", 5, asyncio.get_running_loop().time() + 5)
    answer.cancel()

    connection.data_received(OK)

    assert answer.cancelled()


async def test_a_place_that_is_handed_to_one_who_left_is_free_again(
    single: Sender, server: Hostile
) -> None:
    server.acts = [says(b""), says(OK)]
    await broken(single, server)
    limits = Limits(max_connections_per_origin=1, stale_after_s=0)
    emptied: list[Pool] = []
    pool = Pool(Target.parse(server.url), limits, None, Budget(1000), emptied.append)
    place = pool._take_place()
    assert place is not None
    deadline = asyncio.get_running_loop().time() + 5
    leaves = asyncio.create_task(pool.take(5, deadline))
    await asyncio.sleep(0)
    pool.give_back(place)
    leaves.cancel()
    await asyncio.wait({leaves})

    assert emptied == [pool]

"""Dead letters: listed, sent again, gone for good."""

import asyncio

from redis.asyncio import Redis

from poplin.log import Held, Log
from tests.log.helpers import (
    FOR_EVER,
    NEWEST,
    accepted,
    counts,
    dead,
    everything,
    fields,
    graves,
    leased,
    log_ids,
    owed,
    routed,
    times,
)

# Dead letters


async def test_dead_letters_are_listed_oldest_first_and_bounded(redis: Redis, log: Log) -> None:
    ids = await dead(log, 4)
    order = {ids[2]: 10, ids[0]: 20, ids[3]: 30, ids[1]: 40}
    await redis.zadd(log.keys.dead("a"), order)  # type: ignore[arg-type] # ids are bytes

    assert await log.dead("a") == list(order)
    assert await log.dead("a", before_us=30) == [ids[2], ids[0], ids[3]]
    assert await log.dead("a", count=2) == [ids[2], ids[0]]


# revive


async def test_revived_is_due_now_as_if_never_tried(redis: Redis, log: Log) -> None:
    ids = await dead(log, 3)
    await redis.hset(
        log.keys.tries("a"), mapping={ids[0]: 3, ids[0] + b"/crashes": 4, ids[0] + b"/first": 5}
    )
    early = await log.server_time_us()

    assert await log.revive("a", ids[:2]) == 2

    late = await log.server_time_us()
    assert set(await times(redis, log.keys.dead("a"))) == {ids[2]}
    due = await times(redis, log.keys.due("a"))
    assert set(due) == set(ids[:2])
    assert all(early <= time <= late for time in due.values())
    assert await redis.exists(log.keys.tries("a")) == 0
    assert await fields(redis, log.keys.grave("a")) == {ids[2]}
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)


async def test_only_the_dead_are_revived(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    (waiting,) = await owed(log, 1, "a")
    (settled,) = await leased(log, 1)
    await log.settle([settled])
    before = await everything(redis)

    assert await log.revive("a", [held.id, waiting, settled.id, NEWEST]) == 0
    assert await everything(redis) == before


async def test_a_dead_letter_is_revived_once(log: Log) -> None:
    ids = await dead(log, 1)

    assert await asyncio.gather(*(log.revive("a", ids) for _ in range(4))) == [1, 0, 0, 0]


async def test_a_thousand_are_revived_in_one_call(log: Log) -> None:
    assert await log.revive("a", await dead(log, 1000)) == 1000


# purge


async def test_purged_is_gone_and_counted_down(redis: Redis, log: Log) -> None:
    ids = await dead(log, 2)
    await redis.hset(log.keys.tries("a"), mapping={ids[0]: 3, ids[0] + b"/crashes": 4})

    assert await log.purge("a", ids[:1]) == 1

    assert set(await times(redis, log.keys.dead("a"))) == {ids[1]}
    assert await fields(redis, log.keys.grave("a")) == {ids[1]}
    assert await redis.exists(log.keys.tries("a")) == 0
    assert await counts(redis, log.keys.refs) == {ids[1]: 1}
    assert await log_ids(redis, log) == ids


async def test_purge_of_the_last_reference_below_the_trimmed_line_takes_the_entry(
    redis: Redis, log: Log
) -> None:
    ids = await dead(log, 1)
    last = (await accepted(log, 1))[0]
    await routed(log, last, {})
    await log.trim(NEWEST, FOR_EVER)

    await log.purge("a", ids)

    assert await log_ids(redis, log) == [last]


async def test_only_the_dead_are_purged(redis: Redis, log: Log) -> None:
    """An entry on its way to the sink has a grave, too."""
    held = await leased(log, 2)
    await log.bury(graves(held[:1], has_sink=True))
    before = await everything(redis)

    assert await log.purge("a", [held[0].id, held[1].id, NEWEST]) == 0
    assert await everything(redis) == before


async def test_an_id_twice_in_one_purge_counts_once(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    token = await routed(log, ids[0], {"a": ids, "b": ids}, leased=1)
    await log.bury(graves([Held("a", ids[0], token)]))

    assert await log.purge("a", [ids[0], ids[0]]) == 1
    assert await counts(redis, log.keys.refs) == {ids[0]: 1}


async def test_purge_and_revive_of_the_same_dead_letter_have_one_winner(
    redis: Redis, log: Log
) -> None:
    ids = await dead(log, 1)

    revived, purged = await asyncio.gather(log.revive("a", ids), log.purge("a", ids))

    assert revived + purged == 1
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids[:revived], 1)


async def test_a_thousand_are_purged_in_one_call(redis: Redis, log: Log) -> None:
    assert await log.purge("a", await dead(log, 1000)) == 1000
    assert await redis.exists(log.keys.refs, log.keys.grave("a")) == 0

"""What a removed trigger or broker leaves behind: nothing."""

import asyncio

from redis.asyncio import Redis

from poplin.log import Held, Log, Matches
from tests.log.helpers import (
    FOR_EVER,
    GENERATION,
    NEWEST,
    accepted,
    as_of,
    counts,
    dead,
    dropped,
    everything,
    fields,
    graves,
    later,
    lease_runs_out,
    leased,
    log_ids,
    owed,
    routed,
    times,
)


async def test_a_dropped_trigger_leaves_nothing(redis: Redis, log: Log) -> None:
    await dead(log, 2)
    held = await leased(log, 3)
    await log.defer(later(held[:1]))
    await lease_runs_out(redis, log, "a", held[1].id)
    await log.lease("a", 1, FOR_EVER)
    await log.bury(graves(held[2:], has_sink=True))

    gone, remain = await dropped(log)
    while remain:
        slice_gone, remain = await dropped(log)
        gone += slice_gone

    assert gone == 5
    assert set(await everything(redis)) == {log.keys.log.encode(), log.keys.state.encode()}


async def test_drop_leaves_other_triggers_alone(redis: Redis, log: Log) -> None:
    ids = await owed(log, 2, "a", "b")
    before = await times(redis, log.keys.due("b"))

    await dropped(log)

    assert await times(redis, log.keys.due("b")) == before
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)


async def test_drop_goes_in_slices_of_a_thousand(redis: Redis, log: Log) -> None:
    await dead(log, 500)
    await owed(log, 2100, "a")

    answers = [await dropped(log) for _ in range(5)]

    assert answers == [(1000, 1600), (1000, 600), (100, 500), (500, 0), (0, 0)]
    assert await redis.exists(log.keys.refs, log.keys.grave("a"), log.keys.tries("a")) == 0


async def test_each_slice_takes_its_attempts_and_graves_along(redis: Redis, log: Log) -> None:
    for _ in range(2):
        held = await leased(log, 1000)
        await log.defer(later(held, 0))
        token = (await log.lease("a", 1000, FOR_EVER)).token
        held = [Held("a", item.id, token) for item in held]
        await log.bury(graves(held[:300], has_sink=True))
        await log.defer(later(held[300:]))

    await dropped(log)

    waiting = set(await times(redis, log.keys.due("a")))
    assert len(waiting) == 1000
    assert await fields(redis, log.keys.grave("a")) <= waiting
    tried = await fields(redis, log.keys.tries("a"))
    assert {field.partition(b"/")[0] for field in tried} <= waiting


async def test_the_last_slice_leaves_no_residue(redis: Redis, log: Log) -> None:
    """Whatever an older version or a hand has left there."""
    await owed(log, 1, "a")
    await redis.hset(log.keys.tries("a"), "1-1", 1)
    await redis.hset(log.keys.grave("a"), "1-1", "why")

    await dropped(log)

    assert await redis.exists(log.keys.tries("a"), log.keys.grave("a")) == 0


async def test_drop_takes_entries_below_the_trimmed_line_along(redis: Redis, log: Log) -> None:
    buried = await dead(log, 2)
    waiting = await owed(log, 3, "a")
    await log.trim(NEWEST, FOR_EVER)
    assert await log_ids(redis, log) == buried + waiting

    while (await dropped(log))[1]:
        pass

    assert await log_ids(redis, log) == waiting[-1:]


async def test_drop_while_workers_settle_counts_every_reference_once(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 3000)
    token = await routed(log, ids[-1], {"a": ids, "b": ids}, leased=len(ids))

    async def work(start: int) -> int:
        batch = [Held("a", log_id, token) for log_id in ids[start : start + 50]]
        return sum(await log.settle(batch))

    async def remove() -> int:
        total, remain = 0, 1
        while remain:
            gone, remain = await dropped(log)
            total += gone
        return total

    *settled, gone = await asyncio.gather(*map(work, range(0, 3000, 50)), remove())

    assert sum(settled) + gone == 3000
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)
    assert await redis.exists(log.keys.due("a"), log.keys.tries("a")) == 0


async def test_a_router_with_the_old_set_cannot_fill_a_dropped_queue_again(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 1)
    position = await log.position()
    await log.fence(GENERATION + 1)
    await dropped(log, generation=GENERATION + 1)

    assert (await log.route(position, ids[0], 1, {"a": Matches(ids)})).token is None
    assert await redis.exists(log.keys.due("a")) == 0


async def test_a_drop_by_an_older_set_leaves_a_trigger_that_is_back_alone(
    redis: Redis, log: Log
) -> None:
    """Who drops may not have heard of its return; a router with the newer set says so at once,
    before the fence does.
    """
    ids = await accepted(log, 1)
    position = as_of(await log.position(), GENERATION + 1)
    await log.route(position, ids[0], 1, {"a": Matches(ids)})
    before = await everything(redis)

    assert await log.drop("a", GENERATION) is None
    assert await everything(redis) == before
    assert (await log.position()).generation == GENERATION + 1


async def test_drop_of_an_unknown_trigger_is_done(log: Log) -> None:
    assert await dropped(log, "nobody") == (0, 0)


# erase


async def test_an_erased_partition_leaves_nothing(redis: Redis, log: Log) -> None:
    held = await leased(log, 2)
    await log.settle(held, b"line")
    await log.count_ignored("a", 1)
    await log.take(10, [1])
    await log.close()

    assert await log.erase() == 2
    assert await everything(redis) == {}


async def test_a_dispatcher_that_knows_nothing_of_it_leaves_nothing_either(
    redis: Redis, log: Log
) -> None:
    """One that was frozen meanwhile ends its attempts, and says what it counted."""
    held = await leased(log, 3)
    await log.close()
    await dropped(log)
    await log.erase()

    await log.settle(held[:1], b"settled\n")
    await log.defer(later(held[1:2]), b"deferred\n")
    await log.bury(graves(held[2:]), b"buried\n")
    await log.count_ignored("a", 1)

    assert await everything(redis) == {}


async def test_a_partition_whose_broker_is_back_is_not_erased(redis: Redis, log: Log) -> None:
    await accepted(log, 2)
    before = await everything(redis)

    assert await log.erase() is None
    assert await everything(redis) == before

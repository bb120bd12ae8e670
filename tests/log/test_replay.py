"""Old entries in the queue again, with the mark of their replay."""

import pytest
from redis.asyncio import Redis

from poplin.log import Held, Log, LogId, Replayed
from tests.log.helpers import (
    FOR_EVER,
    GENERATION,
    MARK,
    NEWEST,
    accepted,
    counts,
    dead,
    dropped,
    everything,
    fields,
    graves,
    later,
    lease_runs_out,
    leased,
    owed,
    replayed,
    routed,
    times,
)


async def test_settled_entries_are_replayed(redis: Redis, log: Log) -> None:
    held = await leased(log, 2)
    await log.settle(held)
    ids = [item.id for item in held]
    early = await log.server_time_us()

    assert await replayed(log, "a", ids) == 2

    late = await log.server_time_us()
    due = await times(redis, log.keys.due("a"))
    assert set(due) == set(ids)
    assert all(early <= time <= late for time in due.values())
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)


async def test_entries_that_the_trigger_never_had_are_replayed(redis: Redis, log: Log) -> None:
    """A new trigger may ask for what came before it."""
    ids = await owed(log, 2, "a")

    assert await replayed(log, "new", ids) == 2
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 2)


async def test_a_dead_entry_is_moved_and_not_counted_twice(redis: Redis, log: Log) -> None:
    ids = await dead(log, 1)
    await redis.hset(log.keys.tries("a"), mapping={ids[0]: 3, ids[0] + b"/crashes": 4})

    assert await replayed(log, "a", ids) == 1

    assert set(await times(redis, log.keys.due("a"))) == set(ids)
    assert await redis.exists(log.keys.dead("a"), log.keys.grave("a")) == 0
    assert await fields(redis, log.keys.tries("a")) == {ids[0] + b"/replay"}
    assert await counts(redis, log.keys.refs) == {ids[0]: 1}


async def test_what_waits_already_is_left_alone(redis: Redis, log: Log) -> None:
    (held, deferred) = await leased(log, 2)
    await log.defer(later([deferred]))
    before = await everything(redis)

    assert await replayed(log, "a", [held.id, deferred.id]) == 0
    assert await everything(redis) == before


async def test_an_id_twice_in_one_replay_counts_once(redis: Redis, log: Log) -> None:
    ids = await owed(log, 1, "a")

    assert await replayed(log, "b", [ids[0], ids[0]]) == 1
    assert await counts(redis, log.keys.refs) == {ids[0]: 2}


async def test_an_unrouted_entry_is_not_replayed(redis: Redis, log: Log) -> None:
    """The router brings it; a reference before would be overwritten by the router's."""
    ids = await accepted(log, 3)
    await routed(log, ids[1], {})

    assert await replayed(log, "a", ids) == 2
    assert set(await times(redis, log.keys.due("a"))) == set(ids[:2])


async def test_nothing_is_replayed_before_the_first_routing(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    before = await everything(redis)

    assert await replayed(log, "a", ids) == 0
    assert await everything(redis) == before


async def test_a_trimmed_entry_is_not_replayed(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 2)
    await routed(log, ids[1], {})
    await log.trim(NEWEST, FOR_EVER)
    before = await everything(redis)

    assert await replayed(log, "a", [ids[0], LogId(b"1-1")]) == 0
    assert await everything(redis) == before


async def test_an_id_in_another_spelling_is_not_replayed(redis: Redis, log: Log) -> None:
    """Under that name the reference would not keep the entry from a trim."""
    for log_id in ("5-1", "6-1"):
        await redis.xadd(log.keys.log, {"a": b"{}"}, id=log_id)
    await routed(log, LogId(b"6-1"), {})
    before = await everything(redis)

    assert await replayed(log, "a", [LogId(b"5-01")]) == 0
    assert await everything(redis) == before


@pytest.mark.parametrize("generation", [GENERATION - 1, GENERATION + 1])
async def test_replay_of_another_generation_is_refused(
    redis: Redis, log: Log, generation: int
) -> None:
    ids = await owed(log, 1, "a")
    before = await everything(redis)

    assert await log.replay("b", ids, generation, MARK) is None
    assert await everything(redis) == before


async def test_replay_to_a_closed_broker_is_refused(redis: Redis, log: Log) -> None:
    ids = await owed(log, 1, "a")
    await log.close()
    before = await everything(redis)

    assert await log.replay("b", ids, GENERATION, MARK) is None
    assert await log.replay("b", ids, 0, MARK) is None
    assert await everything(redis) == before


async def test_a_replay_that_comes_after_the_fence_brings_no_dropped_queue_back(
    redis: Redis, log: Log
) -> None:
    ids = await owed(log, 1, "a")
    await log.fence(GENERATION + 1)
    await dropped(log, generation=GENERATION + 1)

    assert await log.replay("a", ids, GENERATION, MARK) is None
    assert await redis.exists(log.keys.due("a"), log.keys.refs) == 0


async def test_a_thousand_are_replayed_in_one_call(log: Log) -> None:
    ids = await owed(log, 1000, "a")

    assert await replayed(log, "b", ids) == 1000


async def test_what_was_not_replayed_is_counted_apart(log: Log) -> None:
    waiting = await owed(log, 2, "a")
    (settled,) = await leased(log, 1)
    await log.settle([settled])
    unrouted = await accepted(log, 3)

    found = await log.replay("a", [*waiting, settled.id, *unrouted], GENERATION, MARK)

    assert found == Replayed(replayed=1, waiting=2, unrouted=3)


async def _marks(log: Log) -> list[str | None]:
    return [entry.replay for entry in (await log.lease("a", 1000, FOR_EVER)).entries]


async def test_the_mark_of_a_replay_is_told_with_each_lease(redis: Redis, log: Log) -> None:
    """The first worker crashes, the second tries and fails."""
    held = await leased(log, 1)
    await log.settle(held)
    await replayed(log, "a", [held[0].id])

    first = await _marks(log)
    await lease_runs_out(redis, log, "a", held[0].id)
    leased_again = await log.lease("a", 1, FOR_EVER)
    await log.defer(later([Held("a", held[0].id, leased_again.token)], 0))

    assert [*first, leased_again.entries[0].replay, *await _marks(log)] == [MARK] * 3


@pytest.mark.parametrize("has_sink", [True, False])
async def test_the_mark_of_a_replay_goes_with_a_dead_letter(log: Log, has_sink: bool) -> None:
    """To its sink, or to the subscriber when it is redriven."""
    (held,) = await leased(log, 1)
    await log.settle([held])
    await replayed(log, "a", [held.id])
    token = (await log.lease("a", 1, FOR_EVER)).token

    await log.bury(graves([Held("a", held.id, token)], has_sink=has_sink))
    await log.revive("a", [held.id])

    assert await _marks(log) == [MARK]


async def test_a_mark_is_forgotten_with_its_entry(redis: Redis, log: Log) -> None:
    """Settled, purged or dropped: the next replay has a mark of its own."""
    held = await leased(log, 3)
    await log.settle(held)
    await replayed(log, "a", [item.id for item in held])
    token = (await log.lease("a", 2, FOR_EVER)).token
    settled, buried = (Held("a", item.id, token) for item in held[:2])

    await log.settle([settled])
    await log.bury(graves([buried]))
    await log.purge("a", [buried.id])
    await dropped(log)

    assert await redis.exists(log.keys.tries("a")) == 0

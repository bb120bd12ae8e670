"""revive, replay, purge and drop: what operators and the controller do while workers work."""

import asyncio

import pytest
from redis.asyncio import Redis

from poplin.log import Held, Log, LogId, Matches, Replayed
from tests.log.helpers import (
    FOR_EVER,
    GENERATION,
    MARK,
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
    replayed,
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


# replay


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


# drop


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

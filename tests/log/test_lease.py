"""lease and peek: what is due, or whose lease ran out, is one worker's at a time."""

import asyncio

import pytest
from redis.asyncio import Redis

from poplin.log import BURIED_AS_POISON_AT, LEASE_S, Deferral, Entry, Held, LeasedEntry, Log, LogId
from tests.log.helpers import (
    FOR_EVER,
    accepted,
    counts,
    everything,
    graves,
    later,
    lease_runs_out,
    leased,
    owed,
    routed,
    times,
)


async def test_a_lease_gives_the_events_themselves(log: Log) -> None:
    entries = [Entry(b"{}", b'["h"]', bytes(range(256))), Entry(b"{}", None, b"")]
    ids = await log.append(entries) or []
    await routed(log, ids[1], {"a": ids})

    taken = await log.lease("a", 10, FOR_EVER)

    assert taken.entries == [
        LeasedEntry(log_id, 0, 0, None, None, entry)
        for log_id, entry in zip(ids, entries, strict=True)
    ]


async def test_a_lease_is_its_token_in_the_queue_and_lasts_ten_seconds(
    redis: Redis, log: Log
) -> None:
    ids = await owed(log, 2, "a")
    early = await log.server_time_us()

    token = (await log.lease("a", 10, FOR_EVER)).token

    late = await log.server_time_us()
    assert await times(redis, log.keys.due("a")) == dict.fromkeys(ids, token)
    assert early + LEASE_S * 1e6 <= -token <= late + LEASE_S * 1e6


async def test_what_is_leased_is_not_leased_again(redis: Redis, log: Log) -> None:
    await owed(log, 2, "a")
    await log.lease("a", 10, FOR_EVER)
    before = await everything(redis)

    assert (await log.lease("a", 10, FOR_EVER)).entries == []
    assert await everything(redis) == before


async def test_workers_share_a_queue_without_overlap(log: Log) -> None:
    ids = await owed(log, 40, "a")

    taken = await asyncio.gather(*(log.lease("a", 7, FOR_EVER) for _ in range(6)))

    assert sorted(entry.id for part in taken for entry in part.entries) == sorted(ids)


async def test_a_lease_ends_with_the_entry_that_reaches_the_bytes(log: Log) -> None:
    ids = await owed(log, 5, "a", data=b"x" * 100)

    taken = await log.lease("a", 5, 2 * len(b'{"n":0}') + 200)

    assert [entry.id for entry in taken.entries] == ids[:2]
    assert taken.next_due_s == 0
    assert len((await log.lease("a", 5, FOR_EVER)).entries) == 3


async def test_one_entry_is_given_however_large(log: Log) -> None:
    ids = await owed(log, 2, "a", data=b"x" * 100_000)

    assert [entry.id for entry in (await log.lease("a", 5, 1)).entries] == ids[:1]


async def test_leases_that_ran_out_come_first_then_what_was_due_longest(
    redis: Redis, log: Log
) -> None:
    ids = await owed(log, 5, "a")
    order = {ids[3]: -500, ids[1]: -400, ids[4]: 1, ids[0]: 2, ids[2]: 3}
    await redis.zadd(log.keys.due("a"), order)  # type: ignore[arg-type] # ids are bytes

    assert [entry.id for entry in (await log.lease("a", 5, FOR_EVER)).entries] == list(order)


async def test_what_is_deferred_is_not_leased_before_its_time(log: Log) -> None:
    held = await leased(log, 2)
    await log.defer([Deferral(held[0], 60, counts=True), Deferral(held[1], 0, counts=True)])

    taken = await log.lease("a", 5, FOR_EVER)

    assert [entry.id for entry in taken.entries] == [held[1].id]
    assert taken.next_due_s == pytest.approx(60, abs=5)


async def test_nothing_more_waits_when_all_is_leased(log: Log) -> None:
    await owed(log, 2, "a")

    assert (await log.lease("a", 1, FOR_EVER)).next_due_s == 0
    assert (await log.lease("a", 1, FOR_EVER)).next_due_s is None


async def test_leases_that_ran_out_and_found_no_room_are_work_now(redis: Redis, log: Log) -> None:
    """A worker that takes over a dead one's thousand leases is not to wait for the sweep."""
    held = await leased(log, 3)
    await lease_runs_out(redis, log, "a", *(item.id for item in held))

    assert (await log.lease("a", 2, FOR_EVER)).next_due_s == 0
    assert (await log.lease("a", 2, FOR_EVER)).next_due_s is None


async def test_an_unknown_queue_is_empty(redis: Redis, log: Log) -> None:
    taken = await log.lease("nobody", 5, FOR_EVER)

    assert (taken.entries, taken.next_due_s) == ([], None)
    assert set(await everything(redis)) == {log.keys.state.encode()}


async def test_a_lease_that_ran_out_counts_a_crash_and_no_attempt(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    await lease_runs_out(redis, log, "a", held.id)

    (entry,) = (await log.lease("a", 1, FOR_EVER)).entries

    assert (entry.tries, entry.crashes) == (0, 1)
    assert await counts(redis, log.keys.tries("a")) == {held.id + b"/crashes": 1}


async def test_crashes_are_counted_until_the_entry_is_poison(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    found = []
    for _ in range(BURIED_AS_POISON_AT):
        await lease_runs_out(redis, log, "a", held.id)
        (entry,) = (await log.lease("a", 1, FOR_EVER)).entries
        found.append(entry.crashes)

    assert found == [1, 2, 3, 4, 5]


async def test_a_lease_of_what_is_due_counts_no_crash(log: Log) -> None:
    (held,) = await leased(log, 1)
    await log.defer(later([held], 0))

    (entry,) = (await log.lease("a", 1, FOR_EVER)).entries

    assert (entry.tries, entry.crashes) == (1, 0)


async def test_a_lease_tells_when_the_first_attempt_was(log: Log) -> None:
    (held,) = await leased(log, 1)
    early = await log.server_time_us()
    await log.defer(later([held], 0))
    late = await log.server_time_us()
    first = await log.lease("a", 1, FOR_EVER)
    await log.defer(later([Held("a", held.id, first.token)], 0))

    (entry,) = (await log.lease("a", 1, FOR_EVER)).entries

    assert entry.tries == 2
    assert entry.first_us is not None
    assert early <= entry.first_us <= late


async def test_a_lease_tells_that_the_entry_is_on_its_way_to_the_sink(log: Log) -> None:
    held = await leased(log, 2)
    await log.bury(graves(held[:1], has_sink=True))
    await log.defer(later(held[1:], 0))

    taken = await log.lease("a", 2, FOR_EVER)

    assert {entry.id: entry.grave for entry in taken.entries} == {
        held[0].id: b"why",
        held[1].id: None,
    }


async def test_an_entry_that_the_log_has_lost_is_given_without_its_event(
    redis: Redis, log: Log
) -> None:
    ids = await owed(log, 2, "a")
    await redis.xdel(log.keys.log, ids[0])

    taken = await log.lease("a", 2, FOR_EVER)

    assert [(entry.id, entry.entry is None) for entry in taken.entries] == [
        (ids[0], True),
        (ids[1], False),
    ]


async def test_triggers_lease_the_same_event_apart(log: Log) -> None:
    ids = await owed(log, 1, "a", "b")

    for uid in ("a", "b"):
        assert [entry.id for entry in (await log.lease(uid, 5, FOR_EVER)).entries] == ids


async def test_peek_tells_each_queue_how_soon_it_has_work(redis: Redis, log: Log) -> None:
    await owed(log, 1, "due")
    await leased(log, 1, "held")
    (crashed,) = await leased(log, 1, "crashed")
    await lease_runs_out(redis, log, "crashed", crashed.id)
    await log.defer(later(await leased(log, 1, "deferred")))
    before = await everything(redis)

    waits = await log.peek(["due", "held", "crashed", "deferred", "nobody"])

    assert waits[:3] + waits[4:] == [0, None, 0, None]
    assert waits[3] == pytest.approx(60, abs=5)
    assert await everything(redis) == before


async def test_peek_does_not_let_what_is_deferred_hide_what_is_due(log: Log) -> None:
    held = await leased(log, 2)
    await log.defer([*later(held[:1]), *later(held[1:], 0)])

    assert await log.peek(["a"]) == [0]


async def test_peek_at_nothing_is_nothing(log: Log) -> None:
    assert await log.peek([]) == []


async def test_ids_beyond_a_double_keep_their_sequence(redis: Redis, log: Log) -> None:
    """A stream id is text; only times are numbers."""
    first = LogId(b"99999999999998-9007199254740993")
    await redis.xadd(log.keys.log, {"a": b"{}"}, id=first.decode())
    await routed(log, first, {"a": [first]})

    taken = await log.lease("a", 5, FOR_EVER)

    assert [entry.id for entry in taken.entries] == [first]
    assert await log.settle([Held("a", first, taken.token)]) == [True]


async def test_one_call_leases_a_thousand(log: Log) -> None:
    ids = await accepted(log, 1000)
    await routed(log, ids[-1], {"a": ids})

    assert len((await log.lease("a", 1000, FOR_EVER)).entries) == 1000

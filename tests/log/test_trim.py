"""trim: nothing unrouted or referred to is ever deleted; everything else beyond the window is."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from poplin.log import Log, LogId
from tests.log.helpers import (
    FOR_EVER,
    MARK,
    NEWEST,
    accepted,
    counts,
    dead,
    everything,
    lease_runs_out,
    leased,
    log_ids,
    owed,
    routed,
)


@pytest.fixture
async def small_nodes(redis: Redis) -> AsyncIterator[None]:
    """Two entries a node, so that whole nodes go in small logs, too."""
    await redis.config_set("stream-node-max-entries", 2)
    yield
    await redis.config_set("stream-node-max-entries", 100)


async def trimmed(log: Log, before: LogId, most_bytes: int = FOR_EVER, look_at: int = 256) -> int:
    """Trim to the end; returns how many entries went."""
    total = 0
    for _ in range(10_000):
        gone, more = await log.trim(before, most_bytes, look_at)
        total += gone
        if not more:
            return total
    raise AssertionError("trim never ends")


async def _size(redis: Redis, log: Log) -> int:
    return await redis.memory_usage(log.keys.log, samples=0) or 0


async def test_an_empty_log_has_nothing_to_trim(redis: Redis, log: Log) -> None:
    before = await everything(redis)

    assert await log.trim(NEWEST, 0) == (0, False)
    assert await everything(redis) == before


async def test_nothing_unrouted_is_trimmed(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 300)

    assert await log.trim(NEWEST, 0) == (0, False)
    assert await log_ids(redis, log) == ids


async def test_trim_by_age_stops_at_its_id(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 250)
    await routed(log, ids[-1], {})

    assert await trimmed(log, ids[120]) == 120
    assert await log_ids(redis, log) == ids[120:]


@pytest.mark.usefixtures("small_nodes")
async def test_trim_never_passes_the_cursor(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 9)
    await routed(log, ids[4], {})

    assert await trimmed(log, NEWEST, 0) == 4
    assert await log_ids(redis, log) == ids[4:]
    assert await redis.hget(log.keys.state, "trimmed") == ids[4]


@pytest.mark.usefixtures("small_nodes")
@pytest.mark.parametrize("most_bytes", [0, FOR_EVER])
async def test_trim_never_takes_what_is_referred_to(
    redis: Redis, log: Log, most_bytes: int
) -> None:
    buried = await dead(log, 1)
    held = await leased(log, 3)
    await lease_runs_out(redis, log, "a", held[0].id)
    await log.settle(held[2:])
    waiting = await owed(log, 1, "b")
    last = await accepted(log, 5)
    await routed(log, last[-1], {})

    assert await trimmed(log, NEWEST, most_bytes) == 5
    kept = [*buried, held[0].id, held[1].id, *waiting, last[-1]]
    assert await log_ids(redis, log) == kept


async def test_more_than_a_thousand_references_are_trimmed_one_by_one(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 2400)
    await routed(log, ids[-1], {"a": ids[::2]})
    assert len(await counts(redis, log.keys.refs)) == 1200

    assert await trimmed(log, NEWEST) == 1199
    assert await log_ids(redis, log) == [*ids[::2], ids[-1]]


async def test_more_than_a_thousand_references_are_trimmed_by_bytes_too(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 2400)
    await routed(log, ids[-1], {"a": ids[::2]})

    assert await trimmed(log, LogId(b"0-0"), 0) == 1199
    assert await log_ids(redis, log) == [*ids[::2], ids[-1]]


async def test_a_pinned_old_dead_letter_does_not_stop_the_rest(redis: Redis, log: Log) -> None:
    buried = await dead(log, 1)
    ids = await accepted(log, 500)
    await routed(log, ids[-1], {})

    assert await trimmed(log, NEWEST) == 499
    assert await log_ids(redis, log) == [*buried, ids[-1]]
    newer = await accepted(log, 500)
    await routed(log, newer[-1], {})

    assert await trimmed(log, NEWEST) == 500
    assert await log_ids(redis, log) == [*buried, newer[-1]]


@pytest.mark.usefixtures("small_nodes")
async def test_whole_nodes_go_below_the_lowest_reference_in_one_call(
    redis: Redis, log: Log
) -> None:
    """However many they are and however few a call looks at one by one."""
    ids = await accepted(log, 400)
    await routed(log, ids[-1], {"a": ids[301:302]})

    assert await log.trim(NEWEST, FOR_EVER, look_at=1) == (301, True)
    assert (await log_ids(redis, log))[0] == ids[301]


async def test_trim_goes_in_slices_and_says_that_more_would_go(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 10)
    await routed(log, ids[-1], {"a": ids[:1]})

    answers = [await log.trim(NEWEST, FOR_EVER, look_at=4) for _ in range(4)]

    assert answers == [(3, True), (4, True), (1, False), (0, False)]
    assert await log_ids(redis, log) == [ids[0], ids[-1]]


async def test_a_slice_is_bounded_by_bytes(redis: Redis, log: Log) -> None:
    """The server stands still while it looks at an entry."""
    ids = [(await accepted(log, 1, b"x" * 1_000_000))[0] for _ in range(12)]
    await routed(log, ids[-1], {"a": ids[:1]})

    gone, more = await log.trim(NEWEST, FOR_EVER)

    assert (gone, more) == (4, True)
    assert await trimmed(log, NEWEST) == 6
    assert await log_ids(redis, log) == [ids[0], ids[-1]]


async def test_trim_by_bytes_brings_the_log_below_them(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1000, b"x" * 1000)
    await routed(log, ids[-1], {})

    gone = await trimmed(log, LogId(b"0-0"), 500_000)

    assert await _size(redis, log) <= 550_000
    assert 400 <= gone <= 700
    assert await log_ids(redis, log) == ids[gone:]


async def test_trim_by_bytes_removes_nothing_while_the_log_is_small(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 300, b"x" * 1000)
    await routed(log, ids[-1], {})
    before = await everything(redis)

    assert await log.trim(LogId(b"0-0"), 10_000_000) == (0, False)
    assert await everything(redis) == before


async def test_trim_by_bytes_skips_what_is_owed_and_takes_younger_entries(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 1000, b"x" * 1000)
    await routed(log, ids[-1], {"a": ids[:300]})

    await trimmed(log, LogId(b"0-0"), 500_000)

    assert (await log_ids(redis, log))[:300] == ids[:300]
    assert await _size(redis, log) <= 600_000


async def test_the_trimmed_line_never_moves_back(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 10)
    await routed(log, ids[-1], {"a": ids[:1]})
    await trimmed(log, ids[8])
    line = await redis.hget(log.keys.state, "trimmed")

    await trimmed(log, ids[3])

    assert await redis.hget(log.keys.state, "trimmed") == line


async def test_the_trimmed_line_never_passes_the_cursor(redis: Redis, log: Log) -> None:
    """Not even when the log begins after it, because of a hand or a failover."""
    ids = await accepted(log, 3)
    await routed(log, ids[0], {})
    await redis.xdel(log.keys.log, ids[0])

    await trimmed(log, NEWEST, 0)

    assert await log_ids(redis, log) == ids[1:]
    assert await redis.hget(log.keys.state, "trimmed") == b"0-0"


async def test_what_is_settled_below_the_line_is_not_left_behind(redis: Redis, log: Log) -> None:
    held = await leased(log, 4)
    await accepted(log, 1)
    last = (await log_ids(redis, log))[-1]
    await routed(log, last, {})
    await trimmed(log, NEWEST)

    await log.settle(held[1:3])
    assert await log_ids(redis, log) == [held[0].id, held[3].id, last]
    await log.settle(held)
    assert await log_ids(redis, log) == [last]


async def test_a_replayed_entry_is_safe_from_trim(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 5)
    await routed(log, ids[-1], {})
    await log.replay("a", ids[1:2], 1, MARK)

    await trimmed(log, NEWEST)

    assert await log_ids(redis, log) == [ids[1], ids[-1]]


async def test_references_are_ordered_as_ids(redis: Redis, log: Log) -> None:
    """Entries of one millisecond differ in their sequence: 5-10 is after 5-9."""
    rows = [f"5-{sequence}" for sequence in range(8, 13)]
    for row in rows:
        await redis.xadd(log.keys.log, {"a": b"{}"}, id=row)
    ids = [LogId(row.encode()) for row in rows]
    await routed(log, ids[-1], {"a": ids[1:3]})

    await trimmed(log, LogId(b"5-11"))

    assert await log_ids(redis, log) == ids[1:]

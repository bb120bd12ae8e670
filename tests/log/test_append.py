"""append, fence, close, position and read."""

import asyncio

from redis.asyncio import Redis

from poplin.log import Entry, Log, LogId, Position
from tests.log.helpers import accepted, event, everything, stream


async def test_appended_entries_are_read_back_byte_for_byte_in_order(log: Log) -> None:
    entries = [
        Entry(b'{"id":"1"}', b'{"x":"y"}', bytes(range(256))),
        Entry(b'{"id":"2"}', None, b""),
        Entry(b'{"id":"3"}', None, b"only data"),
        Entry(b'{"id":"4"}', b"{}", b""),
    ]

    ids = await log.append(entries)

    assert ids is not None
    assert await log.read(LogId(b"0-0"), 10, 0.1) == list(zip(ids, entries, strict=True))


async def test_absent_headers_and_data_take_no_field(redis: Redis, log: Log) -> None:
    await log.append([Entry(b"{}", None, b"")])

    assert [fields for _, fields in await stream(redis, log.keys.log)] == [{b"a": b"{}"}]


async def test_append_to_a_broker_that_never_was_is_refused(redis: Redis) -> None:
    assert await Log(redis, "shop/none").append([event()]) is None
    assert await everything(redis) == {}


async def test_append_after_close_is_refused(redis: Redis, log: Log) -> None:
    await accepted(log, 1)
    await log.close()
    before = await everything(redis)

    assert await log.append([event()]) is None
    assert await everything(redis) == before


async def test_a_closed_broker_takes_events_again_after_a_fence(log: Log) -> None:
    await log.close()
    await log.fence(7)

    assert len(await accepted(log, 1)) == 1


async def test_fence_raises_the_generation_and_never_lowers_it(log: Log) -> None:
    answers = [await log.fence(generation) for generation in (5, 4, 5, 10, 9)]

    assert answers == [5, 5, 5, 10, 10]
    assert (await log.position()).generation == 10


async def test_position_of_a_new_partition_is_the_beginning(redis: Redis) -> None:
    assert await Log(redis, "shop/none").position() == Position(LogId(b"0-0"), None)


async def test_read_gives_at_most_count_entries_after_the_cursor(log: Log) -> None:
    ids = await accepted(log, 5)

    assert [log_id for log_id, _ in await log.read(ids[1], 2, 0.1)] == ids[2:4]


async def test_read_of_nothing_returns_when_its_time_is_over(log: Log) -> None:
    """Zero is the shortest wait, not for ever."""
    assert await log.read(LogId(b"0-0"), 10, 0) == []


async def test_read_waits_for_the_first_entry(redis: Redis, log: Log) -> None:
    reading = asyncio.create_task(log.read(LogId(b"0-0"), 10, 4))
    while (await redis.info("clients"))["blocked_clients"] == 0:  # noqa: ASYNC110 - only the server knows
        await asyncio.sleep(0)
    ids = await accepted(log, 1)

    assert [log_id for log_id, _ in await reading] == ids


async def test_partitions_do_not_see_each_other(redis: Redis, log: Log) -> None:
    other = Log(redis, "shop/orders", 1)
    await other.fence(1)
    await accepted(log, 2)

    assert await other.read(LogId(b"0-0"), 10, 0) == []

"""usage and shorten_journal: what a partition keeps, and how full the server is."""

import pytest
from redis.asyncio import Redis

from poplin.log import Log
from tests.conftest import MEMORY_BYTES
from tests.log.helpers import accepted, dead, journal, leased, owed, routed

EVENTS = 2000
DATA = b"x" * 300


async def _used(redis: Redis) -> int:
    memory = await redis.info("memory")
    return int(memory["used_memory"]) - int(memory["mem_not_counted_for_evict"])


async def test_memory_is_the_servers_own_account(redis: Redis, log: Log) -> None:
    await log.usage()  # what a server keeps of a script that it did not know is no small part

    usage = await log.usage()

    assert usage.limit == MEMORY_BYTES
    assert usage.used == pytest.approx(await _used(redis), rel=0.1)
    assert usage.fullness == usage.used / MEMORY_BYTES


async def test_a_store_without_a_limit_is_never_full(redis: Redis, log: Log) -> None:
    await redis.config_set("maxmemory", 0)

    assert (await log.usage()).fullness == 0


async def test_a_partition_that_never_was_keeps_nothing(redis: Redis) -> None:
    usage = await Log(redis, "shop/none").usage()

    assert (usage.entries, usage.owed_entries, usage.owed_bytes) == (0, 0, 0)


async def test_below_the_share_asked_for_only_the_servers_memory_is_told(log: Log) -> None:
    await owed(log, 10, "a")

    usage = await log.usage(above=0.9)

    assert usage.used > 0
    assert (usage.entries, usage.owed_bytes) == (0, 0)


async def test_what_is_not_routed_yet_is_owed(log: Log) -> None:
    ids = await accepted(log, 50, DATA)
    await routed(log, ids[19], {})

    usage = await log.usage()

    assert (usage.entries, usage.owed_entries, usage.references) == (50, 30, 0)
    assert usage.settled_bytes == usage.log_bytes * 20 // 50


async def test_what_a_trigger_has_is_owed_until_it_is_settled(log: Log) -> None:
    held = await leased(log, 40)
    before = await log.usage()

    await log.settle(held[:30])

    after = await log.usage()
    assert (before.owed_entries, after.owed_entries) == (40, 10)
    assert (before.settled_bytes, after.settled_bytes) == (0, after.log_bytes * 3 // 4)


async def test_dead_letters_are_owed(log: Log) -> None:
    await dead(log, 7)

    assert (await log.usage()).owed_entries == 7


@pytest.mark.parametrize("triggers", [["a"], ["a", "b", "c", "d"]])
async def test_the_estimate_is_near_what_the_server_took(
    redis: Redis, log: Log, triggers: list[str]
) -> None:
    before = await _used(redis)

    await owed(log, EVENTS, *triggers, data=DATA)

    usage = await log.usage()
    assert (usage.owed_entries, usage.references) == (EVENTS, EVENTS * len(triggers))
    assert usage.owed_bytes == pytest.approx(await _used(redis) - before, rel=0.6)


async def test_a_journal_loses_its_oldest_lines(redis: Redis, log: Log) -> None:
    lines = [b"%d" % number * 5000 for number in range(10)]
    for line in lines:
        await log.defer([], line + b"\n")
    before = await log.usage()

    assert await log.shorten_journal(before.journal_bytes) == (0, False)
    assert await log.shorten_journal(before.journal_bytes * 7 // 20) == (7, False)

    assert 50_000 < before.journal_bytes < 150_000
    assert await journal(redis, log) == lines[7:]


async def test_a_full_store_is_still_measured_and_relieved(redis: Redis, log: Log) -> None:
    await owed(log, 10, "a")
    await redis.config_set("maxmemory", 1)

    usage = await log.usage(above=0.9)
    await log.shorten_journal(1)

    assert usage.owed_entries == 10
    assert usage.fullness > 1

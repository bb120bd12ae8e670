"""gauge: how each queue fares, without changing it."""

import time

from redis.asyncio import Redis

from poplin.log import Log, LogId, QueueFigures
from poplin.log.look import PARKED_US
from tests.log.helpers import dead, everything, later, lease_runs_out, leased, owed


def _us(log_id: LogId) -> int:
    return int(log_id.split(b"-")[0]) * 1000


async def test_each_state_is_counted_where_it_belongs(redis: Redis, log: Log) -> None:
    oldest = (await owed(log, 3, "a"))[0]
    held = await leased(log, 6)
    await log.defer(later(held[:2]))
    await lease_runs_out(redis, log, "a", held[2].id)
    await redis.zadd(log.keys.due("a"), {held[3].id: PARKED_US})
    await dead(log, 2)
    before = await everything(redis)

    (figures,) = await log.gauge(["a"])

    assert figures == QueueFigures(9, in_flight=2, retrying=2, dead=2, oldest_us=_us(oldest))
    assert await everything(redis) == before


async def test_a_queue_that_does_not_exist_is_empty(log: Log) -> None:
    assert await log.gauge(["nobody"]) == [QueueFigures()]
    assert await log.gauge([]) == []


async def test_queues_keep_their_order_however_many_they_are(log: Log) -> None:
    uids = [f"t{number}" for number in range(250)]
    await owed(log, 1, uids[120], uids[249])

    figures = await log.gauge(uids)

    assert [uid for uid, each in zip(uids, figures, strict=True) if each.backlog] == [
        "t120",
        "t249",
    ]


async def test_the_oldest_of_a_long_queue_is_found_where_it_waits_for_its_retry(
    redis: Redis, log: Log
) -> None:
    """30,000 members, more than one call looks at."""
    (held,) = await leased(log, 1)
    await log.defer(later([held]))
    now = time.time_ns() // 1000
    for start in range(0, 30_000, 1000):
        members = {f"{_us(held.id) // 1000 + 1 + n}-0": now + n for n in range(start, start + 1000)}
        await redis.zadd(log.keys.due("a"), members)

    (figures,) = await log.gauge(["a"])

    assert (figures.backlog, figures.oldest_us) == (30_001, _us(held.id))


async def test_partitions_add_up() -> None:
    one = QueueFigures(3, 1, 1, 2, 5_000_000)
    other = QueueFigures(1, 0, 1, 0, 4_000_000)

    assert one + other == QueueFigures(4, 1, 2, 2, 4_000_000)
    assert one + QueueFigures() == one


async def test_a_hundred_long_queues_hold_the_store_for_little(redis: Redis, log: Log) -> None:
    """The store serves nobody else meanwhile."""
    uids = [f"t{number}" for number in range(100)]
    members = {f"{1_700_000_000_000 + n}-0": n for n in range(3000)}
    for uid in uids:
        await redis.zadd(log.keys.due(uid), members)
    await log.gauge(uids[:1])  # the script is known now
    took = []
    for _ in range(5):
        began = await _cpu_s(redis)
        await log.gauge(uids)
        took.append(await _cpu_s(redis) - began)

    assert min(took) < 0.1, took


async def _cpu_s(redis: Redis) -> float:
    """Of the store: the machine may be busy with something else."""
    info = await redis.info("cpu")
    return float(info["used_cpu_user"] + info["used_cpu_sys"])

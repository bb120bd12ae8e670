"""take: a bucket of one second's worth, by the server's clock."""

import asyncio

import pytest
from redis.asyncio import Redis

from poplin.log import Log
from tests.log.helpers import everything


async def _passes_in(redis: Redis, log: Log, seconds: float) -> None:
    """As if so much time went by: the one number kept is of the server's clock."""
    full_us = int(await redis.get(log.keys.rate) or 0)
    await redis.set(log.keys.rate, full_us - int(seconds * 1e6))


async def test_a_full_bucket_has_one_seconds_worth(log: Log) -> None:
    passed, wait_s = await log.take(10, [1] * 15)

    assert passed == 10
    assert 0 < wait_s <= 0.1


async def test_it_refills_evenly(redis: Redis, log: Log) -> None:
    await log.take(4, [1] * 4)
    await _passes_in(redis, log, 0.5)

    passed, _ = await log.take(4, [1] * 4)

    assert passed == 2


async def test_it_never_holds_more_than_one_seconds_worth(redis: Redis, log: Log) -> None:
    await log.take(10, [1])
    await _passes_in(redis, log, 3600)

    assert (await log.take(10, [1] * 50))[0] == 10


async def test_requests_pass_in_order(log: Log) -> None:
    """None overtakes, however small it is."""
    assert (await log.take(10, [6, 6, 1, 1]))[0] == 2


async def test_a_batch_above_the_limit_passes_and_leaves_a_debt(redis: Redis, log: Log) -> None:
    """Refused, it would be refused for ever; so the average holds."""
    passed, wait_s = await log.take(4, [40])
    await _passes_in(redis, log, 9.0)
    still = await log.take(4, [1])
    await _passes_in(redis, log, 0.3)
    later = await log.take(4, [1])

    assert passed == 1
    assert wait_s == pytest.approx(9.25, abs=0.01)
    assert (still[0], later[0]) == (0, 1)


@pytest.mark.parametrize(("rate", "wait_s"), [(1, 1.0), (3, 1 / 3), (1_000_000, 1e-6)])
async def test_the_wait_is_until_there_is_room_for_one(log: Log, rate: int, wait_s: float) -> None:
    _, found_s = await log.take(rate, [rate])

    assert found_s == pytest.approx(wait_s, rel=0.05, abs=0.0)


async def test_what_is_refused_takes_nothing(redis: Redis, log: Log) -> None:
    await log.take(1, [1])
    before = await redis.get(log.keys.rate)

    assert (await log.take(1, [5, 5]))[0] == 0
    assert await redis.get(log.keys.rate) == before


async def test_callers_at_once_share_one_bucket(log: Log) -> None:
    answers = await asyncio.gather(*(log.take(20, [1, 1, 1]) for _ in range(20)))

    assert 20 <= sum(passed for passed, _ in answers) <= 25


async def test_a_bucket_that_is_full_again_is_forgotten(redis: Redis, log: Log) -> None:
    await log.take(4, [1])

    assert 0 < await redis.pttl(log.keys.rate) <= 250


async def test_no_file_waits_for_a_bucket(redis: Redis, log: Log) -> None:
    before = (await redis.info("persistence"))["aof_current_size"]

    await log.take(1, [1])

    assert (await redis.info("persistence"))["aof_current_size"] == before
    assert log.keys.rate.encode() in await everything(redis)


async def test_a_full_store_still_counts(redis: Redis, log: Log) -> None:
    await redis.config_set("maxmemory", 1)

    assert (await log.take(10, [1] * 20))[0] == 10

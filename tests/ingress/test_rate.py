"""A broker's rate limit, before its appender."""

import asyncio
from collections.abc import Sequence
from time import monotonic

import pytest
from redis.asyncio import Redis

from ingress.brokers import Brokers, Door
from ingress.rate import LimitedAppender, RateLimitedError
from ingress.tally import Tally
from poplin.catalog import BrokerRecord, Catalog, publish
from poplin.errors import PoplinError, StoreRefusesError
from poplin.event import Event
from poplin.log import Appender, BrokerGoneError, Log, spread
from poplin.metrics import Counts
from tests.log.helpers import event, log_ids

NO_KEY = Event({})


@pytest.fixture
async def log(redis: Redis) -> Log:
    log = Log(redis, "shop/orders")
    await log.fence(1)
    return log


async def _add(door: Door, sizes: Sequence[int]) -> list[PoplinError | None]:
    """The answers to requests that come together, with so many events each."""
    answers: list[asyncio.Future[PoplinError | None]] = []
    for size in sizes:
        answer = asyncio.get_running_loop().create_future()
        entries = [event(number) for number in range(size)]
        door.add(entries, answer.set_result, [NO_KEY] * size)
        answers.append(answer)
    return await asyncio.gather(*answers)


def _limited(log: Log, rate: int) -> LimitedAppender:
    return LimitedAppender(Appender(log), log, rate)


async def test_the_first_that_came_pass_and_each_event_counts(redis: Redis, log: Log) -> None:
    answers = await _add(_limited(log, 5), [2, 3, 1, 1])

    assert answers[:2] == [None, None]
    assert all(isinstance(answer, RateLimitedError) for answer in answers[2:])
    assert len(await log_ids(redis, log)) == 5


async def test_whoever_is_refused_later_is_to_come_back_later(log: Log) -> None:
    _, *refused = await _add(_limited(log, 2), [2, 4, 1])

    waits = [answer.wait_s for answer in refused if isinstance(answer, RateLimitedError)]
    assert waits == pytest.approx([0.5, 2.5], abs=0.01)


async def test_requests_that_wait_together_share_one_call(redis: Redis, log: Log) -> None:
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]

    await _add(_limited(log, 1000), [1] * 100)

    # One for the bucket, one to append.
    assert (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] - before == 2


async def test_more_than_a_call_takes_are_all_answered(log: Log) -> None:
    started = monotonic()
    answers = await _add(_limited(log, 400), [1] * 600)

    # The bucket fills while the calls take their time.
    assert 400 <= answers.count(None) <= 400 + 400 * (monotonic() - started) + 1


async def test_without_the_bucket_nothing_passes(redis: Redis, log: Log) -> None:
    await redis.hset(log.keys.rate, "not", "a bucket")

    answers = await _add(_limited(log, 5), [1, 1])

    assert [type(answer) for answer in answers] == [StoreRefusesError] * 2
    assert await log_ids(redis, log) == []


async def test_what_the_appender_says_is_passed_on(log: Log) -> None:
    await log.close()

    assert [type(answer) for answer in await _add(_limited(log, 5), [1])] == [BrokerGoneError]


async def test_close_waits_for_the_requests_under_way(log: Log) -> None:
    appender = Appender(log)
    limited = LimitedAppender(appender, log, 5)
    answers: list[PoplinError | None] = []
    for _ in range(7):
        limited.add([event()], answers.append, [NO_KEY])

    await limited.close()
    await appender.close()

    assert [type(answer) for answer in answers] == [RateLimitedError] * 2 + [type(None)] * 5


def _catalog(rate: int | None) -> Catalog:
    record = BrokerRecord(namespace="shop", name="orders", rate_limit=rate)
    return Catalog(1, {record.key: record})


async def test_a_changed_limit_holds_from_then_on(redis: Redis, log: Log) -> None:
    brokers = Brokers(redis, Tally(Counts()))
    passed = []

    for rate in (None, 3, 5, None):
        brokers.follow(_catalog(rate))
        door = brokers.get("shop/orders")
        assert door is not None
        await redis.delete(log.keys.rate)
        passed.append((await _add(door, [1] * 8)).count(None))

    await brokers.close()
    assert passed == [8, 3, 5, 8]


async def test_a_broker_that_is_looked_up_has_its_limit(redis: Redis) -> None:
    await publish(redis, _catalog(2).brokers.values(), [])

    door = await Brokers(redis, Tally(Counts())).look_up("shop/orders")

    assert door is not None
    assert (await _add(door, [1] * 4)).count(None) == 2


async def test_repeats_count(redis: Redis, log: Log) -> None:
    """They are asked before anybody knows what they are."""
    limited = LimitedAppender(spread([log], window_s=600.0), log, 3)

    answers = await _add(limited, [1] * 5)

    assert answers.count(None) == 3
    assert len(await log_ids(redis, log)) == 1

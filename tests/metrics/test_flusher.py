"""From what processes count to their totals in the store."""

import asyncio
from typing import Any

import pytest
import structlog
from redis import exceptions
from redis.asyncio import Redis

from poplin.metrics import Counts, Flusher, add_totals, flusher, read_totals
from poplin.metrics.families import ACCEPTED, INGRESS_DURATION
from poplin.metrics.totals import add_slice
from tests.waiting import until

SERIES = (ACCEPTED, "n/b")
FIELD = f"{ACCEPTED}/n/b"


class Faulty:
    """A client whose calls fail, before or after they are done."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.refuses = False
        self.loses_answers = False
        self.most_words = 0

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        self.most_words = max(self.most_words, len(words))
        if self.refuses:
            raise exceptions.ConnectionError("away")
        answer = await self._redis.execute_command(*words, **options)
        if self.loses_answers:
            raise exceptions.TimeoutError("no answer")
        return answer


@pytest.fixture
def faulty(redis: Redis) -> Any:
    return Faulty(redis)


async def accepted(redis: Redis) -> int:
    return (await read_totals(redis)).counters.get(ACCEPTED, {}).get(("n", "b"), 0)


async def test_totals_are_sums_over_processes(redis: Redis) -> None:
    for count in (2, 3):
        counts = Counts()
        counts.add(SERIES, count)
        counts.observe((INGRESS_DURATION, "n/b"), 0.02)
        await Flusher(redis, counts).flush()

    totals = await read_totals(redis)

    assert totals.counters == {ACCEPTED: {("n", "b"): 5}}
    histogram = totals.histograms[INGRESS_DURATION]["n", "b"]
    assert (histogram.buckets[2], histogram.count, histogram.sum_s) == (2, 2, 0.04)


async def test_nothing_is_written_when_nothing_was_counted(redis: Redis) -> None:
    await Flusher(redis, Counts()).flush()

    assert await redis.dbsize() == 0


async def test_what_is_counted_while_the_store_is_away_is_written_when_it_is_back(
    redis: Redis, faulty: Any
) -> None:
    counts = Counts()
    each = Flusher(faulty, counts)
    faulty.refuses = True
    for _ in range(3):
        counts.add(SERIES)
        await each.flush()

    faulty.refuses = False
    await each.flush()

    assert await accepted(redis) == 3


async def test_what_was_written_and_not_answered_counts_once(redis: Redis, faulty: Any) -> None:
    counts = Counts()
    each = Flusher(faulty, counts)
    faulty.loses_answers = True
    for _ in range(3):
        counts.add(SERIES)
        await each.flush()

    faulty.loses_answers = False
    await each.flush()

    assert await accepted(redis) == 3


async def test_a_slice_that_arrives_behind_the_next_one_counts_no_more(redis: Redis) -> None:
    """As after a store that held still: it reads what given-up connections sent, in any order."""
    for number in (0, 1, 0, 1):
        await add_slice(redis, "writer", number, {FIELD: 1})

    assert await accepted(redis) == 2


async def test_more_than_one_call_may_hold_is_written_in_slices(redis: Redis, faulty: Any) -> None:
    counts = Counts()
    for number in range(1000):
        counts.add((ACCEPTED, f"n/b{number}"))

    await Flusher(faulty, counts).flush()

    assert faulty.most_words < 1000
    assert len((await read_totals(redis)).counters[ACCEPTED]) == 1000


async def test_counts_are_written_when_the_store_is_full(redis: Redis) -> None:
    counts = Counts()
    counts.add(SERIES)
    await redis.config_set("maxmemory", 1)

    await Flusher(redis, counts).flush()

    assert await accepted(redis) == 1


async def test_a_store_that_refuses_is_told_of_once(redis: Redis) -> None:
    await redis.set("{poplin:metrics}", "foreign")
    counts = Counts()
    each = Flusher(redis, counts)

    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            counts.add(SERIES)
            await each.flush()

    assert [line["event"] for line in lines] == ["metrics are not written: the store refuses"]


async def test_what_is_made_only_for_a_flush_is_in_it(redis: Redis) -> None:
    counts = Counts()

    await Flusher(redis, counts, lambda: counts.add(SERIES)).flush()

    assert await accepted(redis) == 1


async def test_a_flusher_writes_every_now_and_then_until_it_is_stopped(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flusher, "FLUSH_S", 0.01)
    counts, stop = Counts(), asyncio.Event()
    counts.add(SERIES)

    running = asyncio.create_task(Flusher(redis, counts).run(stop))
    await until(lambda: not counts._counters)
    stop.set()
    await running

    assert await accepted(redis) == 1


async def test_what_is_rare_is_counted_at_once(redis: Redis) -> None:
    await add_totals(redis, SERIES, 7)
    await add_totals(redis, SERIES, 1)

    assert await accepted(redis) == 8


async def test_what_is_done_is_not_undone_by_a_count_that_is_lost(
    redis: Redis, faulty: Any
) -> None:
    faulty.refuses = True

    await add_totals(faulty, SERIES, 7)

    assert await accepted(redis) == 0


async def test_series_of_another_version_are_left_alone(redis: Redis) -> None:
    await add_totals(redis, ("poplin_not_yet_invented_total", "x"), 1)

    assert (await read_totals(redis)).counters == {}

"""What removed triggers and brokers left: kept a while, then gone with a word of how much it was."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import structlog
from redis.asyncio import Redis

from dispatcher.removal import Removal
from poplin.catalog import BrokerRecord, Catalog, Follower, TriggerRecord, publish
from poplin.catalog.catalog import CATALOG, CHANGES, logs
from poplin.log import Matches
from tests.log.helpers import accepted, dead, everything, owed, routed
from tests.waiting import until

BROKER = BrokerRecord(namespace="n", name="b", partitions=2)
TRIGGER = TriggerRecord(uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://s/")
LONG_S = 600.0

Lines = Sequence[Any]


class Rounds:
    """Whose turn it is to remove, which each round asks first."""

    def __init__(self, *, leads: bool = True) -> None:
        self._leads = leads
        self._begun = 0

    def is_ours(self) -> bool:
        self._begun += 1
        return self._leads

    async def another(self) -> None:
        """Until one has begun and ended from now on."""
        after = self._begun
        await until(lambda: self._begun >= after + 2)


@asynccontextmanager
async def removing(
    redis: Redis, url: str, kept_s: float, *, leads: bool = True
) -> AsyncIterator[tuple[Lines, Follower, Rounds]]:
    """A dispatcher's removal at work, and what it says."""
    stop, rounds = asyncio.Event(), Rounds(leads=leads)
    follower = Follower(redis, url, lambda _: None)
    with structlog.testing.capture_logs() as lines:
        async with asyncio.TaskGroup() as tasks:
            await follower.refresh()
            tasks.create_task(follower.run(stop))
            catalog = lambda: follower.catalog  # noqa: E731 - as short as it is
            tasks.create_task(Removal(redis, kept_s).run(stop, 0.01, catalog, rounds.is_ours))
            yield lines, follower, rounds
            stop.set()


async def _with_work(redis: Redis) -> Catalog:
    """In both partitions an entry waits; in the first two are dead, and one is not routed."""
    catalog = await publish(redis, [BROKER], [TRIGGER])
    one, two = logs(redis, BROKER)
    await dead(one, 2, TRIGGER.uid)
    for log in (one, two):
        await owed(log, 1, TRIGGER.uid)
    await accepted(one, 1)
    return catalog


async def test_queues_of_a_removed_trigger_are_dropped_and_told_of_once(
    redis: Redis, store_url: str
) -> None:
    await _with_work(redis)
    await publish(redis, [BROKER], [])

    async with removing(redis, store_url, 0.001) as (lines, follower, rounds):
        await until(lambda: bool(lines) and not follower.catalog.removed)
        await rounds.another()

    assert [(each["trigger"], each["backlog"], each["dead_letters"]) for each in lines] == [
        ("n/t", 2, 2)
    ]
    assert not [key for key in await everything(redis) if TRIGGER.uid.encode() in key.split(b":")]


async def test_a_removed_broker_leaves_no_key_and_the_counts(redis: Redis, store_url: str) -> None:
    await _with_work(redis)
    await logs(redis, BROKER)[0].count_ignored(TRIGGER.uid, 1)
    await publish(redis, [], [])

    async with removing(redis, store_url, 0.001) as (lines, follower, _):
        await until(lambda: len(lines) == 2 and not follower.catalog.closed)

    trigger, broker = lines
    assert (trigger["backlog"], trigger["dead_letters"]) == (2, 2)
    assert (broker["broker"], broker["events"]) == ("n/b", 5)
    left = await everything(redis)
    assert set(left) == {CATALOG.encode(), CHANGES.encode()}
    assert left[CATALOG.encode()] == {b"version": b"2"}


async def test_until_then_everything_is_kept_and_a_return_has_it_back(
    redis: Redis, store_url: str
) -> None:
    """Its cursor too: what was accepted and not yet routed goes to the triggers that came back."""
    before = await _with_work(redis)
    await publish(redis, [], [])
    async with removing(redis, store_url, LONG_S) as (lines, _, rounds):
        await rounds.another()

    again = await publish(redis, [BROKER], [TRIGGER])

    assert not lines
    assert (again.removed, again.closed) == ({}, {})
    assert again.triggers == before.triggers
    one, two = logs(redis, BROKER)
    assert [await log.owed(TRIGGER.uid) for log in (one, two)] == [(1, 2), (1, 0)]
    position = await one.position()
    ((unrouted, _),) = await one.read(position.cursor, 10, 0)
    assert position.generation == again.version
    assert (await one.route(position, unrouted, 1, {TRIGGER.uid: Matches([unrouted])})).token


async def test_a_log_is_kept_as_long_as_a_queue_that_names_its_entries(redis: Redis) -> None:
    await _with_work(redis)
    gone = await publish(redis, [], [])
    long_ago = {key: replace(each, removed_us=0) for key, each in gone.closed.items()}
    catalog = replace(gone, closed=long_ago)
    before = await everything(redis)
    stop, rounds = asyncio.Event(), Rounds()

    removal = Removal(redis, LONG_S).run(stop, 0.01, lambda: catalog, rounds.is_ours)
    running = asyncio.create_task(removal)
    await rounds.another()
    stop.set()
    await running

    assert await everything(redis) == before


async def test_one_dispatcher_removes_for_all(redis: Redis, store_url: str) -> None:
    await _with_work(redis)
    await publish(redis, [], [])

    async with removing(redis, store_url, 0.001, leads=False) as (lines, follower, rounds):
        await rounds.another()
        kept = dict(follower.catalog.closed)

    assert (lines, list(kept)) == ([], [BROKER.key])


async def test_a_drop_leaves_a_trigger_that_is_back_alone(redis: Redis) -> None:
    """Our copy of the catalog may be a moment old: what came for it since is not lost."""
    await _with_work(redis)
    gone = await publish(redis, [BROKER], [])
    await publish(redis, [BROKER], [TRIGGER])
    (log, _) = logs(redis, BROKER)
    ids = await accepted(log, 1)
    await routed(log, ids[-1], {TRIGGER.uid: ids})
    before = await everything(redis)
    stop, rounds = asyncio.Event(), Rounds()

    removing = asyncio.create_task(
        Removal(redis, 0.001).run(stop, 0.01, lambda: gone, rounds.is_ours)
    )
    await rounds.another()
    stop.set()
    await removing

    assert await everything(redis) == before

"""Publishing the catalog: what is written, fenced, kept and closed."""

import asyncio
from dataclasses import replace
from importlib import import_module

import pytest
import structlog
from redis.asyncio import Redis

from poplin.catalog import (
    BrokerRecord,
    Catalog,
    Condition,
    Follower,
    TriggerRecord,
    Verdict,
    is_in_force,
    publish,
)
from poplin.catalog.catalog import CATALOG, logs, read
from poplin.log import Entry, Log

BROKER = BrokerRecord(namespace="default", name="b")
TRIGGER = TriggerRecord(
    uid="u1", namespace="default", name="t", broker="b", subscriber_uri="http://s/"
)
EVENT = Entry(b"{}", None, b"")


async def test_a_published_broker_takes_events_and_is_fenced(redis: Redis) -> None:
    log = Log(redis, BROKER.key)
    before = await log.append([EVENT])

    catalog = await publish(redis, [BROKER], [TRIGGER])

    assert before is None
    assert await log.append([EVENT]) is not None
    assert (await log.position()).generation == catalog.version == 1


async def test_publishing_the_same_again_changes_nothing(redis: Redis) -> None:
    first = await publish(redis, [BROKER], [TRIGGER])

    assert await publish(redis, [BROKER], [TRIGGER]) == first


async def test_a_verdict_is_kept_also_of_what_has_no_record(redis: Redis) -> None:
    refused = Verdict(
        kind="Trigger",
        namespace="n",
        name="t",
        conditions=(Condition("Ready", "False", "Invalid", "why"),),
        subscriber_uri="http://s/",
        observed_generation=3,
    )

    await publish(redis, [BROKER], [], [refused])
    kept = (await read(redis)).verdicts
    await publish(redis, [BROKER], [])

    assert kept == {"Trigger/n/t": refused}
    assert (await read(redis)).verdicts == {}


async def test_a_change_raises_the_generation(redis: Redis) -> None:
    await publish(redis, [BROKER], [])

    changed = await publish(redis, [BROKER], [TRIGGER])

    assert (await Log(redis, BROKER.key).position()).generation == changed.version == 2


async def test_a_removed_trigger_is_remembered_until_it_comes_back(redis: Redis) -> None:
    await publish(redis, [BROKER], [TRIGGER])

    without = await publish(redis, [BROKER], [])
    again = await publish(redis, [BROKER], [TRIGGER])

    assert without.removed["u1"].key == TRIGGER.key
    assert (again.removed, again.triggers[TRIGGER.key].uid) == ({}, "u1")


async def test_a_removed_broker_takes_no_events(redis: Redis) -> None:
    await publish(redis, [BROKER], [])

    await publish(redis, [], [])

    assert await Log(redis, BROKER.key).append([EVENT]) is None


# Partitions


async def test_every_partition_is_fenced(redis: Redis) -> None:
    catalog = await publish(redis, [replace(BROKER, partitions=3)], [])

    positions = [await log.position() for log in logs(redis, catalog.brokers[BROKER.key])]
    assert [position.generation for position in positions] == [1, 1, 1]


@pytest.mark.parametrize("before", [[], [BROKER]], ids=["new broker", "raised"])
async def test_a_new_partition_takes_events_before_the_catalog_names_it(
    redis: Redis, before: list[BrokerRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An ingress that follows at once must not be told that the broker is gone."""
    await publish(redis, before, [])
    publishing = import_module("poplin.catalog.publish")
    write, answers = publishing._write, []

    async def write_later(redis: Redis, old: Catalog, new: Catalog) -> None:
        answers.extend([await log.append([EVENT]) for log in logs(redis, new.brokers[BROKER.key])])
        await write(redis, old, new)

    monkeypatch.setattr(publishing, "_write", write_later)
    await publish(redis, [replace(BROKER, partitions=4)], [])

    assert len(answers) == 4
    assert None not in answers


async def test_partitions_above_a_lowered_number_are_served_still(redis: Redis) -> None:
    await publish(redis, [replace(BROKER, partitions=4)], [])

    lowered = await publish(redis, [replace(BROKER, partitions=2)], [TRIGGER])
    again = await publish(redis, [replace(BROKER, partitions=1)], [])

    record = again.brokers[BROKER.key]
    assert lowered.brokers[BROKER.key].served == 4
    assert (record.partitions, record.served) == (1, 4)
    assert (await read(redis)).brokers[BROKER.key] == record
    for log in logs(redis, record):
        assert (await log.position()).generation == again.version
        assert await log.append([EVENT]) is not None, "an ingress that has not followed yet"


async def test_a_removed_trigger_is_dropped_from_all_partitions_that_were_served(
    redis: Redis,
) -> None:
    await publish(redis, [replace(BROKER, partitions=4)], [TRIGGER])
    await publish(redis, [BROKER], [TRIGGER])

    without = await publish(redis, [BROKER], [])

    assert without.removed["u1"].partitions == 4


async def test_a_broker_that_comes_back_with_fewer_partitions_serves_what_it_owes(
    redis: Redis,
) -> None:
    await publish(redis, [replace(BROKER, partitions=4)], [TRIGGER])
    await publish(redis, [], [])

    again = await publish(redis, [BROKER], [TRIGGER])

    assert again.brokers[BROKER.key].served == 4


async def test_a_removed_broker_is_closed_in_all_partitions(redis: Redis) -> None:
    wide = await publish(redis, [replace(BROKER, partitions=4)], [])
    await publish(redis, [BROKER], [])

    await publish(redis, [], [])

    record = wide.brokers[BROKER.key]
    assert [await log.append([EVENT]) for log in logs(redis, record)] == [None] * 4


async def test_a_changed_catalog_is_written_when_the_store_is_full(redis: Redis) -> None:
    """Else nobody could remove the trigger whose queue fills it."""
    await publish(redis, [BROKER], [TRIGGER])
    await redis.config_set("maxmemory", 1)

    changed = await publish(redis, [BROKER], [])

    assert (changed.version, changed.triggers, await read(redis)) == (2, {}, changed)


async def test_a_follower_hears_of_every_version(redis: Redis, store_url: str) -> None:
    seen: list[Catalog] = []
    changed = asyncio.Event()

    def on_change(catalog: Catalog) -> None:
        seen.append(catalog)
        changed.set()

    await publish(redis, [BROKER], [])
    stop = asyncio.Event()
    following = asyncio.create_task(Follower(redis, store_url, on_change).run(stop))
    async with asyncio.timeout(10):
        await changed.wait()
        changed.clear()
        await publish(redis, [BROKER], [TRIGGER])
        await changed.wait()
        stop.set()
        await following

    assert [len(catalog.triggers) for catalog in seen] == [0, 1]


async def test_a_catalog_that_vanishes_stays_in_force_until_it_is_published_again(
    redis: Redis, store_url: str
) -> None:
    """What was published is above what was lost: no set that the store forgot is newer."""
    seen: asyncio.Queue[Catalog] = asyncio.Queue()
    stop = asyncio.Event()
    follower = Follower(redis, store_url, seen.put_nowait)
    known = await publish(redis, [BROKER], [TRIGGER])
    with structlog.testing.capture_logs() as lines:
        following = asyncio.create_task(follower.run(stop))
        async with asyncio.timeout(10):
            assert await seen.get() == known
            await redis.flushall()
            while not lines:  # noqa: ASYNC110 - a line, not an event
                await asyncio.sleep(0.01)
            kept = await follower.refresh()
            in_force = await is_in_force(redis, known)
            again = await publish(redis, [BROKER], [TRIGGER], after=known.version)
            found = await seen.get()
            stop.set()
            await following

    assert (kept, in_force) == (known, False)
    assert found == again
    assert again.version == known.version + 1
    assert [line["log_level"] for line in lines] == ["critical"]


async def test_a_follower_notices_what_nobody_announced(redis: Redis, store_url: str) -> None:
    """After a failover the announcement may be lost, or have an id that was read before."""
    seen: asyncio.Queue[Catalog] = asyncio.Queue()
    stop = asyncio.Event()
    await publish(redis, [BROKER], [])
    following = asyncio.create_task(Follower(redis, store_url, seen.put_nowait).run(stop))
    async with asyncio.timeout(10):
        await seen.get()
        await redis.hset(CATALOG, "version", 7)
        found = await seen.get()
        stop.set()
        await following

    assert found.version == 7


async def test_a_partition_that_forgot_its_trigger_set_is_not_in_force(redis: Redis) -> None:
    catalog = await publish(redis, [BROKER], [TRIGGER])
    before = await is_in_force(redis, catalog)

    await redis.delete(Log(redis, BROKER.key).keys.state)
    without = await is_in_force(redis, catalog)
    await publish(redis, [BROKER], [TRIGGER])

    assert (before, without, await is_in_force(redis, catalog)) == (True, False, True)


async def test_a_newer_catalog_of_another_publisher_is_left_alone(redis: Redis) -> None:
    ours = await publish(redis, [BROKER], [TRIGGER])

    await publish(redis, [], [])

    assert await is_in_force(redis, ours)


async def test_a_trigger_at_another_broker_is_another_trigger(redis: Redis) -> None:
    """What the first broker owes it waits for its return, as after a removal."""
    other = replace(BROKER, name="other")
    before = await publish(redis, [BROKER, other], [TRIGGER])
    moved = replace(TRIGGER, broker="other")

    assert before.uids() == {(TRIGGER.key, BROKER.key): TRIGGER.uid}
    after = await publish(redis, [BROKER, other], [replace(moved, uid="new")])
    assert after.removed[TRIGGER.uid].broker_key == BROKER.key
    assert after.uids() == {
        (TRIGGER.key, BROKER.key): TRIGGER.uid,
        (TRIGGER.key, other.key): "new",
    }

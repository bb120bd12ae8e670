"""Publishing the catalog: what is written, fenced, kept and closed."""

import asyncio

from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog, Follower, TriggerRecord, Verdict, publish
from poplin.catalog.catalog import read
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
    refused = Verdict(kind="Trigger", namespace="n", name="t", ready=False, reason="Invalid")

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

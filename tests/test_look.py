"""Following the catalog: only what changed is read, and nothing is missed."""

from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, TriggerRecord, forget, publish
from poplin.catalog.catalog import CATALOG, CHANGES, read
from poplin.catalog.look import NOTHING, look
from poplin.log import Log

BROKER = BrokerRecord(namespace="default", name="b")
TRIGGERS = [
    TriggerRecord(
        uid=f"u{n}", namespace="default", name=f"t{n}", broker="b", subscriber_uri="http://s/"
    )
    for n in range(4)
]
EDITED = [replace(TRIGGERS[0], max_in_flight=3), *TRIGGERS[1:]]


async def test_a_look_finds_what_a_whole_read_finds(redis: Redis) -> None:
    """Added, edited, removed and returned, one after the other and several at once."""
    seen = await look(redis, NOTHING)
    assert seen.catalog == await read(redis)

    for steps in ([TRIGGERS], [EDITED], [EDITED[1:]], [TRIGGERS, [], EDITED]):
        for triggers in steps:
            await publish(redis, [BROKER], triggers)
        seen = await look(redis, seen)

        assert seen.catalog == await read(redis)


async def test_records_that_did_not_change_are_not_read_again(redis: Redis) -> None:
    await publish(redis, [BROKER], TRIGGERS)
    before = await look(redis, NOTHING)
    await publish(redis, [BROKER], EDITED)

    after = await look(redis, before)

    assert after.catalog.triggers["default/t0"].max_in_flight == 3
    assert after.catalog.triggers["default/t1"] is before.catalog.triggers["default/t1"]


@pytest.mark.parametrize("lost", ["trimmed", "emptied", "many"])
async def test_who_missed_changes_reads_everything(redis: Redis, lost: str) -> None:
    await publish(redis, [BROKER], TRIGGERS)
    before = await look(redis, NOTHING)
    await publish(redis, [BROKER], TRIGGERS[1:])
    await publish(redis, [BROKER], EDITED)
    if lost == "trimmed":
        await redis.xtrim(CHANGES, maxlen=1, approximate=False)
    elif lost == "emptied":
        await redis.delete(CHANGES)
    else:
        more = [replace(TRIGGERS[0], uid=f"m{n}", name=f"m{n}") for n in range(600)]
        await publish(redis, [BROKER], [*EDITED, *more])

    after = await look(redis, before)

    assert after.catalog == await read(redis)
    assert after.catalog.triggers["default/t1"] is not before.catalog.triggers["default/t1"]


async def test_a_store_that_went_back_is_read_anew(redis: Redis) -> None:
    """A failover lost a version, and the next one has another past than we have."""
    await publish(redis, [BROKER], TRIGGERS)
    old = await redis.dump(CATALOG), await redis.dump(CHANGES)
    lost = await publish(redis, [BROKER], TRIGGERS[:1])
    before = await look(redis, NOTHING)
    for key, value in zip((CATALOG, CHANGES), old, strict=True):
        await redis.restore(key, 0, value, replace=True)  # type: ignore[arg-type]
    await publish(redis, [BROKER], EDITED, after=lost.version)

    after = await look(redis, before)

    assert after.catalog == await read(redis)
    assert len(after.catalog.triggers) == 4


async def test_what_was_forgotten_is_announced_without_a_new_version(redis: Redis) -> None:
    await publish(redis, [BROKER], TRIGGERS)
    await publish(redis, [], [])
    before = await look(redis, NOTHING)
    for trigger in before.catalog.removed.values():
        await forget(redis, trigger)
    for broker in before.catalog.closed.values():
        await forget(redis, broker)

    after = await look(redis, before)

    assert after.catalog == await read(redis)
    assert after.catalog.version == before.catalog.version
    assert (len(before.catalog.removed), len(before.catalog.closed)) == (4, 1)
    assert (after.catalog.removed, after.catalog.closed) == ({}, {})


async def test_only_fields_that_changed_are_written(redis: Redis) -> None:
    await publish(redis, [BROKER], TRIGGERS)
    await publish(redis, [BROKER], EDITED)

    newest: Any = await redis.xrevrange(CHANGES, count=1)
    ((_, change),) = newest

    assert change == {b"version": b"2", b"before": b"1", b"names": b"trigger/default/t0"}


async def test_nothing_is_forgotten_where_there_is_no_catalog(redis: Redis) -> None:
    """Else a store that lost its data would have a catalog again, an empty one."""
    await publish(redis, [BROKER], TRIGGERS)
    catalog = await publish(redis, [BROKER], [])
    await redis.flushall()

    for each in catalog.removed.values():
        await forget(redis, each)

    assert await redis.keys() == []


async def test_what_a_publisher_that_died_left_open_is_closed_by_the_next(redis: Redis) -> None:
    await publish(redis, [BROKER], [])
    closed = await publish(redis, [], [])
    await Log(redis, BROKER.key).fence(closed.version)  # as if it had not come to closing it

    await publish(redis, [], [])

    assert (await Log(redis, BROKER.key).position()).generation is None

"""Writing the catalog, in the order that keeps promise 2: catalog, fence, then Ready.

What is new is fenced before the catalog names it: an ingress may append to it at once.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import msgspec
from redis.asyncio import Redis

from poplin.catalog.catalog import (
    CATALOG,
    CHANGES,
    Catalog,
    RemovedTrigger,
    logs,
    read,
    read_version,
)
from poplin.catalog.pauses import PAUSED
from poplin.catalog.records import BrokerRecord, TriggerRecord, Verdict
from poplin.log import Log
from poplin.log.scripts import Script
from poplin.store import translated

__all__ = ["forget_removed", "is_in_force", "publish"]


async def publish(
    redis: Redis,
    brokers: Iterable[BrokerRecord],
    triggers: Iterable[TriggerRecord],
    verdicts: Iterable[Verdict] = (),
    *,
    after: int = 0,
) -> Catalog:
    """Make this the catalog. On return every partition is fenced: no older set routes an event.

    Dying half-way is harmless: the same call completes it. There is one publisher at a time. A
    change gets a version above `after`, so that what a store lost does not come back as newer.
    """
    old = await read(redis)
    new_brokers = {broker.key: _remembering(old, broker) for broker in brokers}
    new_triggers = {trigger.key: trigger for trigger in triggers}
    new = Catalog(
        old.version,
        new_brokers,
        new_triggers,
        await _removed(redis, old, new_triggers),
        {verdict.key: verdict for verdict in verdicts},
    )
    if new != old:
        new = replace(new, version=max(old.version, after) + 1)
        for log in _added(redis, old, new):
            await log.fence(new.version)
        await _write(redis, old, new)
    for broker in new.brokers.values():
        for log in logs(redis, broker):
            await log.fence(new.version)
    for key, broker in old.brokers.items():
        if key not in new.brokers:
            for log in logs(redis, broker):
                await log.close()
    return new


def _remembering(old: Catalog, broker: BrokerRecord) -> BrokerRecord:
    """The broker with all partitions that it or a trigger of it has had: events may wait there."""
    known = old.brokers.get(broker.key)
    most = [each.partitions for each in old.removed.values() if each.broker_key == broker.key]
    if known is not None:
        most.append(known.served)
    return replace(broker, most_partitions=max([broker.partitions, *most]))


def _added(redis: Redis, old: Catalog, new: Catalog) -> Iterator[Log]:
    """The partitions that the old catalog does not have."""
    for key, broker in new.brokers.items():
        known = old.brokers.get(key)
        yield from logs(redis, broker)[0 if known is None else known.served :]


async def is_in_force(redis: Redis, catalog: Catalog) -> bool:
    """Does the store still have this catalog, or a newer one, and does every partition route by it?"""
    if await read_version(redis) > catalog.version:
        return True
    for broker in catalog.brokers.values():
        for log in logs(redis, broker):
            generation = (await log.position()).generation
            if generation is None or generation < catalog.version:
                return False
    return await read_version(redis) == catalog.version


async def _removed(
    redis: Redis, old: Catalog, triggers: dict[str, TriggerRecord]
) -> dict[str, RemovedTrigger]:
    """Who left, now or before, and has not come back with its uid."""
    now_us = await Log(redis, "").server_time_us()
    kept = {trigger.uid for trigger in triggers.values()}
    removed = {uid: trigger for uid, trigger in old.removed.items() if uid not in kept}
    for trigger in old.triggers.values():
        if trigger.uid not in kept:
            broker = old.brokers.get(trigger.broker_key)
            removed[trigger.uid] = RemovedTrigger(
                uid=trigger.uid,
                namespace=trigger.namespace,
                name=trigger.name,
                broker=trigger.broker,
                partitions=broker.served if broker else 1,
                removed_us=now_us,
            )
    return removed


async def _write(redis: Redis, old: Catalog, new: Catalog) -> None:
    fields, stale = _fields(new), _fields(old).keys() - _fields(new).keys()
    words: list[bytes | str | int] = [new.version, len(stale), *stale]
    for name, value in fields.items():
        words += (name, value)
    # A script, because it may write when memory is full: a change of the triggers can be what
    # empties it.
    await _publish(redis, (CATALOG, CHANGES), words)


_publish = Script("publish", "poplin.catalog")


def _fields(catalog: Catalog) -> dict[str, bytes]:
    kinds: dict[str, Mapping[str, object]] = {
        "broker": catalog.brokers,
        "trigger": catalog.triggers,
        "removed": catalog.removed,
        "verdict": catalog.verdicts,
    }
    return {
        f"{kind}/{key}": msgspec.json.encode(record)
        for kind, records in kinds.items()
        for key, record in records.items()
    }


async def forget_removed(redis: Redis, uid: str) -> None:
    """The removed trigger's queues are gone; nothing is left to come back to."""
    with translated():
        await redis.hdel(CATALOG, f"removed/{uid}")
        await redis.srem(PAUSED, uid)

"""Writing the catalog, in the order that keeps promise 2: catalog, fence, then Ready.

What is new is fenced before the catalog names it: an ingress may append to it at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from redis.asyncio import Redis

from poplin.catalog.catalog import (
    CATALOG,
    CHANGES,
    Catalog,
    logs,
    read,
    read_version,
)
from poplin.catalog.fields import differing
from poplin.catalog.pauses import set_paused
from poplin.catalog.records import BrokerRecord, TriggerRecord, Verdict
from poplin.catalog.removed import RemovedBroker, RemovedTrigger
from poplin.log import Log
from poplin.log.scripts import Script

__all__ = ["forget", "is_in_force", "publish"]

_MOST_NAMES = 500
"""Of changed fields that are announced; who follows reads all fields when there are more."""
_AT_ONCE = 32
"""Calls under way: the store writes their changes to disk together."""


async def publish(
    redis: Redis,
    brokers: Iterable[BrokerRecord],
    triggers: Iterable[TriggerRecord],
    verdicts: Iterable[Verdict] = (),
    *,
    after: int = 0,
    old: Catalog | None = None,
) -> Catalog:
    """Make this the catalog. On return every partition is fenced: no older set routes an event.

    Dying half-way is harmless: the same call completes it. There is one publisher at a time. A
    change gets a version above `after`, so that what a store lost does not come back as newer.
    `old` is the catalog in the store, for who has just looked.
    """
    old = await read(redis) if old is None else old
    new_brokers = {broker.key: _remembering(old, broker) for broker in brokers}
    new_triggers = {trigger.key: trigger for trigger in triggers}
    now_us = await Log(redis, "").server_time_us()
    new = Catalog(
        version=old.version,
        brokers=new_brokers,
        triggers=new_triggers,
        removed=_removed_triggers(old, new_triggers, now_us),
        verdicts={verdict.key: verdict for verdict in verdicts},
        closed=_removed_brokers(old, new_brokers, now_us),
    )
    if new != old:
        new = replace(new, version=max(old.version, after) + 1)
        await _all(_added(redis, old, new), lambda log: log.fence(new.version))
        await _write(redis, old, new)
    await _all(_partitions(redis, new.brokers), lambda log: log.fence(new.version))
    # Those that were removed before too: whoever removed them may have died before this line.
    await _all(_partitions(redis, new.closed), lambda log: log.close())
    return new


def _partitions(
    redis: Redis, brokers: Mapping[str, BrokerRecord] | Mapping[str, RemovedBroker]
) -> Iterator[Log]:
    for broker in brokers.values():
        yield from logs(redis, broker)


async def _all(partitions: Iterator[Log], call: Callable[[Log], Awaitable[object]]) -> None:
    while some := list(islice(partitions, _AT_ONCE)):
        await asyncio.gather(*map(call, some))


def _remembering(old: Catalog, broker: BrokerRecord) -> BrokerRecord:
    """The broker with all partitions that it has had: events may wait there."""
    most = broker.partitions
    if (known := old.brokers.get(broker.key)) is not None:
        most = max(most, known.served)
    if (closed := old.closed.get(broker.key)) is not None:
        most = max(most, closed.partitions)
    return replace(broker, most_partitions=most)


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


def _removed_triggers(
    old: Catalog, triggers: Mapping[str, TriggerRecord], now_us: int
) -> dict[str, RemovedTrigger]:
    """Who left, now or before, and has not come back with its uid."""
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


def _removed_brokers(
    old: Catalog, brokers: Mapping[str, BrokerRecord], now_us: int
) -> dict[str, RemovedBroker]:
    """Who left, now or before, and has not come back."""
    closed = {key: broker for key, broker in old.closed.items() if key not in brokers}
    for key, broker in old.brokers.items():
        if key not in brokers:
            closed[key] = RemovedBroker(
                namespace=broker.namespace,
                name=broker.name,
                partitions=broker.served,
                removed_us=now_us,
            )
    return closed


async def _write(redis: Redis, old: Catalog, new: Catalog) -> None:
    """The fields that differ; only they are announced."""
    fields, stale = differing(old, new)
    await _publish_fields(redis, str(new.version), fields, stale)


async def _publish_fields(
    redis: Redis, version: str, fields: Mapping[str, bytes], stale: Collection[str]
) -> None:
    names = "*" if len(fields) + len(stale) > _MOST_NAMES else " ".join([*fields, *stale])
    words: list[bytes | str | int] = [version, names, len(stale), *stale]
    for name, value in fields.items():
        words += (name, value)
    # A script, because it may write when memory is full: a change of the triggers can be what
    # empties it.
    await _publish(redis, (CATALOG, CHANGES), words)


_publish = Script("publish", "poplin.catalog")


async def forget(redis: Redis, what: RemovedTrigger | RemovedBroker) -> None:
    """What it left behind is gone; nothing is left to come back to."""
    if isinstance(what, RemovedTrigger):
        await set_paused(redis, what.uid, is_paused=False)
        await _publish_fields(redis, "", {}, [f"removed/{what.uid}"])
    else:
        await _publish_fields(redis, "", {}, [f"closed/{what.key}"])

"""What the views need of the store, asked for all objects of an answer together."""

from collections.abc import Iterable

from redis.asyncio import Redis

from console.problems import unknown
from poplin.catalog import BrokerRecord, Catalog, TriggerRecord, Verdict
from poplin.catalog.catalog import logs
from poplin.log import QueueFigures
from poplin.store import translated

__all__ = ["Queue", "broker_of", "events", "named", "queues", "trigger_of", "verdicts_of"]

Queue = tuple[QueueFigures, int]
"""The figures over all partitions, and how many answers were ignored."""


def verdicts_of(catalog: Catalog, kind: str) -> dict[str, Verdict]:
    """By `namespace/name`: every object there is, those that cannot be served too."""
    return {
        f"{verdict.namespace}/{verdict.name}": verdict
        for verdict in catalog.verdicts.values()
        if verdict.kind == kind
    }


def named(catalog: Catalog, kind: str, namespace: str, name: str) -> Verdict:
    """Raises ProblemError when there is none of this name."""
    key, known = f"{namespace}/{name}", verdicts_of(catalog, kind)
    if key not in known:
        raise unknown(kind.lower(), key, known)
    return known[key]


def broker_of(catalog: Catalog, namespace: str, name: str) -> BrokerRecord:
    """One that is served. Raises ProblemError."""
    key = f"{namespace}/{name}"
    if key not in catalog.brokers:
        raise unknown("broker", key, catalog.brokers)
    return catalog.brokers[key]


def trigger_of(catalog: Catalog, namespace: str, name: str) -> TriggerRecord:
    """One that is served. Raises ProblemError."""
    key = f"{namespace}/{name}"
    if key not in catalog.triggers:
        raise unknown("trigger", key, catalog.triggers)
    return catalog.triggers[key]


async def events(redis: Redis, broker: BrokerRecord) -> int:
    """How many its log holds, those kept for replay too."""
    with translated():
        return sum([int(await redis.xlen(log.keys.log)) for log in logs(redis, broker)])


async def queues(
    redis: Redis, catalog: Catalog, triggers: Iterable[TriggerRecord]
) -> dict[str, Queue]:
    """By uid. A trigger whose broker is gone has none."""
    found: dict[str, Queue] = {}
    by_broker: dict[str, list[str]] = {}
    for trigger in triggers:
        by_broker.setdefault(trigger.broker_key, []).append(trigger.uid)
    for broker, uids in by_broker.items():
        if broker not in catalog.brokers:
            continue
        for log in logs(redis, catalog.brokers[broker]):
            rows = zip(uids, await log.gauge(uids), await log.ignored(uids), strict=True)
            for uid, figures, ignored in rows:
                so_far, ignored_so_far = found.get(uid, (QueueFigures(), 0))
                found[uid] = (so_far + figures, ignored_so_far + ignored)
    return found

"""The trigger that an operator names, with the broker whose log its queues lie in."""

from typing import NamedTuple

from redis.asyncio import Redis

from console.problems import ProblemError
from console.queries import named
from poplin.catalog import (
    BrokerRecord,
    Catalog,
    RemovedBroker,
    RemovedTrigger,
    TriggerRecord,
    Verdict,
)
from poplin.catalog.catalog import read

__all__ = ["Kept", "Operated", "kept", "operated", "operated_of"]


class Operated(NamedTuple):
    trigger: TriggerRecord
    broker: BrokerRecord

    @property
    def labels(self) -> str:
        """In metrics."""
        return f"{self.broker.key}/{self.trigger.name}"


class Kept(NamedTuple):
    """Whose queues are there to look at, though nothing may be served from them now."""

    uid: str
    broker: BrokerRecord | RemovedBroker


async def kept(redis: Redis, namespace: str, name: str) -> Kept:
    """Raises ProblemError for a trigger that is not there, or was never served."""
    catalog = await read(redis)
    verdict = named(catalog, "Trigger", namespace, name)
    key = f"{namespace}/{name}"
    found = catalog.triggers.get(key) or _removed(catalog, key)
    for brokers in (catalog.brokers, catalog.closed):
        if found is not None and found.broker_key in brokers:
            return Kept(found.uid, brokers[found.broker_key])
    raise _not_served(verdict)


async def operated(redis: Redis, namespace: str, name: str) -> Operated:
    """Raises ProblemError for one that is not there, or not served."""
    return operated_of(await read(redis), namespace, name)


def operated_of(catalog: Catalog, namespace: str, name: str) -> Operated:
    verdict = named(catalog, "Trigger", namespace, name)
    trigger = catalog.triggers.get(f"{namespace}/{name}")
    broker = catalog.brokers.get(trigger.broker_key) if trigger else None
    if trigger is None or broker is None:
        raise _not_served(verdict)
    return Operated(trigger, broker)


def _removed(catalog: Catalog, key: str) -> RemovedTrigger | None:
    """The last one of this name whose queues wait for its return."""
    gone = [each for each in catalog.removed.values() if each.key == key]
    return max(gone, key=lambda each: each.removed_us, default=None)


def _not_served(verdict: Verdict) -> ProblemError:
    return ProblemError(
        409,
        f"trigger {verdict.namespace}/{verdict.name} is not served ({verdict.reason}: "
        f"{verdict.message}); mend that first; its queues are kept for ten minutes",
    )

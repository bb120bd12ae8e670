"""The trigger that an operator names, with the broker whose log its queues lie in."""

from typing import NamedTuple

from redis.asyncio import Redis

from console.problems import ProblemError
from console.queries import named
from poplin.catalog import BrokerRecord, Catalog, TriggerRecord
from poplin.catalog.catalog import read

__all__ = ["Operated", "operated", "operated_of"]


class Operated(NamedTuple):
    trigger: TriggerRecord
    broker: BrokerRecord

    @property
    def labels(self) -> str:
        """In metrics."""
        return f"{self.broker.key}/{self.trigger.name}"


async def operated(redis: Redis, namespace: str, name: str) -> Operated:
    """Raises ProblemError for one that is not there, or not served."""
    return operated_of(await read(redis), namespace, name)


def operated_of(catalog: Catalog, namespace: str, name: str) -> Operated:
    verdict = named(catalog, "Trigger", namespace, name)
    trigger = catalog.triggers.get(f"{namespace}/{name}")
    broker = catalog.brokers.get(trigger.broker_key) if trigger else None
    if trigger is None or broker is None:
        raise ProblemError(
            409,
            f"trigger {namespace}/{name} is not served ({verdict.reason}: {verdict.message}); its "
            "queues are out of reach until that is mended",
        )
    return Operated(trigger, broker)

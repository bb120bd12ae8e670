"""One version of the catalog, and where it lies in Redis.

`poplin:catalog` is a hash: `version`, and JSON under `broker/<ns>/<name>`, `trigger/<ns>/<name>`,
`removed/<uid>`, `closed/<ns>/<name>` and `verdict/<kind>/<ns>/<name>`. Every change is announced
on a stream in the same slot, with the names of the fields that changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis

from poplin.catalog.fields import changed
from poplin.catalog.records import BrokerRecord, TriggerRecord, Verdict
from poplin.catalog.removed import RemovedBroker, RemovedTrigger
from poplin.errors import StoreUnavailableError
from poplin.log import Log
from poplin.store import translated

__all__ = [
    "CATALOG",
    "CHANGES",
    "Catalog",
    "logs",
    "lookup_broker",
    "read",
    "read_version",
]

CATALOG = "poplin:catalog"
CHANGES = "{poplin:catalog}:changes"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Brokers and triggers by `namespace/name`. `version` is the generation in the logs."""

    version: int = 0
    brokers: Mapping[str, BrokerRecord] = field(default_factory=dict)
    triggers: Mapping[str, TriggerRecord] = field(default_factory=dict)
    removed: Mapping[str, RemovedTrigger] = field(default_factory=dict)
    """By uid."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    closed: Mapping[str, RemovedBroker] = field(default_factory=dict)
    """Brokers that were removed, by key."""

    def uids(self) -> dict[tuple[str, str], str]:
        """By the keys of trigger and broker. A trigger keeps its uid, and so its queues, through
        edits and a removal; at another broker it is another one: its queues lie in the log of
        the first.
        """
        removed = {(each.key, each.broker_key): each.uid for each in self.removed.values()}
        return removed | {(each.key, each.broker_key): each.uid for each in self.triggers.values()}

    def triggers_of(self, broker: str) -> list[TriggerRecord]:
        return [trigger for trigger in self.triggers.values() if trigger.broker_key == broker]

    def by_broker(self) -> dict[str, list[TriggerRecord]]:
        """The triggers of every broker that has any, in one pass."""
        found: dict[str, list[TriggerRecord]] = {}
        for trigger in self.triggers.values():
            found.setdefault(trigger.broker_key, []).append(trigger)
        return found


def logs(redis: Redis, broker: BrokerRecord | RemovedBroker) -> list[Log]:
    """The log of each partition that may hold events; new ones go to the first `partitions`."""
    count = broker.served if isinstance(broker, BrokerRecord) else broker.partitions
    return [Log(redis, broker.key, partition) for partition in range(count)]


async def read(redis: Redis) -> Catalog:
    """All of it; version 0 when there is none."""
    with translated():
        fields: Any = await redis.hgetall(CATALOG)
    return changed(Catalog(), int(fields.pop(b"version", 0)), fields)


async def read_version(redis: Redis) -> int:
    """0 when there is no catalog."""
    with translated():
        version: Any = await redis.hget(CATALOG, "version")
    return int(version or 0)


async def lookup_broker(redis: Redis, key: str, *, had_catalog: bool) -> BrokerRecord | None:
    """One broker as it is now, for the event that comes before the announcement.

    Raises StoreUnavailableError when there is no catalog at all, though there was one: the store
    has lost its data, and whoever owns the truth will publish it again.
    """
    with translated():
        found: Any = await redis.hmget(CATALOG, ["version", f"broker/{key}"])
    version, value = found
    if version is None and had_catalog:
        raise StoreUnavailableError("the catalog is gone from the store")
    return None if value is None else msgspec.json.decode(value, type=BrokerRecord)

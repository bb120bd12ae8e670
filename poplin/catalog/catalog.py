"""One version of the catalog, and how it lies in Redis.

`poplin:catalog` is a hash: `version`, and JSON under `broker/<ns>/<name>`,
`trigger/<ns>/<name>`, `removed/<uid>` and `verdict/<kind>/<ns>/<name>`. Every change is announced on a stream in the same slot.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis

from poplin.catalog.records import BrokerRecord, TriggerRecord, Verdict
from poplin.errors import StoreUnavailableError
from poplin.log import Log
from poplin.store import translated

__all__ = [
    "CATALOG",
    "CHANGES",
    "Catalog",
    "RemovedTrigger",
    "logs",
    "lookup_broker",
    "read",
    "read_version",
]

CATALOG = "poplin:catalog"
CHANGES = "{poplin:catalog}:changes"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovedTrigger:
    """A trigger that left the catalog; its queues wait a while in case it comes back."""

    uid: str
    namespace: str
    name: str
    broker: str
    partitions: int
    removed_us: int

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def broker_key(self) -> str:
        return f"{self.namespace}/{self.broker}"


@dataclass(frozen=True, slots=True)
class Catalog:
    """Brokers and triggers by `namespace/name`. `version` is the generation in the logs."""

    version: int = 0
    brokers: Mapping[str, BrokerRecord] = field(default_factory=dict)
    triggers: Mapping[str, TriggerRecord] = field(default_factory=dict)
    removed: Mapping[str, RemovedTrigger] = field(default_factory=dict)
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)

    def uids(self) -> dict[tuple[str, str], str]:
        """By the keys of trigger and broker. A trigger keeps its uid, and so its queues, through
        edits and a removal; at another broker it is another one: its queues lie in the log of
        the first.
        """
        removed = {(each.key, each.broker_key): each.uid for each in self.removed.values()}
        return removed | {(each.key, each.broker_key): each.uid for each in self.triggers.values()}

    def triggers_of(self, broker: str) -> list[TriggerRecord]:
        return [trigger for trigger in self.triggers.values() if trigger.broker_key == broker]


def logs(redis: Redis, broker: BrokerRecord) -> list[Log]:
    """The log of each partition that may hold events; new ones go to the first `partitions`."""
    return [Log(redis, broker.key, partition) for partition in range(broker.served)]


async def read(redis: Redis) -> Catalog:
    with translated():
        fields: Any = await redis.hgetall(CATALOG)
    brokers, triggers, removed, verdicts = {}, {}, {}, {}
    for name, value in fields.items():
        kind, _, key = name.decode().partition("/")
        if kind == "broker":
            brokers[key] = msgspec.json.decode(value, type=BrokerRecord)
        elif kind == "trigger":
            triggers[key] = msgspec.json.decode(value, type=TriggerRecord)
        elif kind == "removed":
            removed[key] = msgspec.json.decode(value, type=RemovedTrigger)
        elif kind == "verdict":
            verdicts[key] = msgspec.json.decode(value, type=Verdict)
    return Catalog(int(fields.get(b"version", 0)), brokers, triggers, removed, verdicts)


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

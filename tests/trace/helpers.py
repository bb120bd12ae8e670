"""A broker with triggers in the store, and events that go through it step by step."""

from collections.abc import Mapping
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog, TriggerRecord, publish
from poplin.grave import Grave
from poplin.log import Entry, Log, LogId

__all__ = ["BROKER", "GRAVE", "attributes", "entry", "fabric", "trigger"]

BROKER = BrokerRecord(namespace="shop", name="orders")

GRAVE = Grave(
    reason="answered 500",
    status=500,
    destination="http://sink/",
    attempts=2,
    first_us=1,
    last_us=2,
)


def trigger(name: str, **settings: Any) -> TriggerRecord:
    """Its uid is its name."""
    return TriggerRecord(
        uid=name,
        namespace="shop",
        name=name,
        broker="orders",
        subscriber_uri="http://a/",
        **settings,
    )


async def fabric(redis: Redis, *triggers: TriggerRecord) -> tuple[Catalog, Log]:
    return await publish(redis, [BROKER], triggers), Log(redis, BROKER.key)


def attributes(event_id: str, source: str = "/s", **more: str) -> Mapping[str, str]:
    return {"specversion": "1.0", "id": event_id, "source": source, "type": "t", **more}


def entry(event_id: str, source: str = "/s", **more: str) -> Entry:
    return Entry(orjson.dumps(attributes(event_id, source, **more)), None, b"data")


async def accepted(log: Log, *event_ids: str) -> list[LogId]:
    return await log.append([entry(event_id) for event_id in event_ids]) or []

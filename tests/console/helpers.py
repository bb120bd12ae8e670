"""A catalog and events, published as `poplin up` and an ingress would."""

from collections.abc import Iterable
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.catalog import (
    BrokerRecord,
    Catalog,
    Condition,
    SourceStatus,
    TriggerRecord,
    Verdict,
    publish,
)
from poplin.log import Entry, Log, LogId

__all__ = ["a_broker", "a_source", "a_trigger", "append_event", "published"]


def a_broker(
    name: str = "main", partitions: int = 1, namespace: str = "default", **settings: Any
) -> BrokerRecord:
    return BrokerRecord(namespace=namespace, name=name, partitions=partitions, **settings)


def a_trigger(name: str, broker: str = "main", namespace: str = "default") -> TriggerRecord:
    return TriggerRecord(
        uid=f"uid-{name}",
        namespace=namespace,
        name=name,
        broker=broker,
        subscriber_uri="http://subscriber/",
        filters=({"exact": {"type": "wanted"}},),
    )


def a_source(
    name: str, kind: str = "GitHubSource", namespace: str = "default", **more: Any
) -> SourceStatus:
    """Ready, unless `more` says otherwise."""
    fields = {
        "api_version": "sources.knative.dev/v1alpha1",
        "conditions": (
            Condition("Ready", "True"),
            Condition("SinkProvided", "True"),
            Condition("SecretsProvided", "True"),
        ),
        "sink_uri": "http://127.0.0.1:8080/default/main",
        "url": f"http://127.0.0.1:8082/{namespace}/{name}",
        "ce_attributes": (("dev.knative.source.github.push", "https://github.com/o/r"),),
        "settings": (("Repository", "o/r"), ("Events", "push"), ("Secrets", "hub/token")),
    }
    return SourceStatus(kind=kind, namespace=namespace, name=name, **(fields | more))


async def published(
    redis: Redis, brokers: Iterable[BrokerRecord], triggers: Iterable[TriggerRecord] = ()
) -> Catalog:
    """All of them Ready."""
    brokers, triggers = list(brokers), list(triggers)
    ready = (Condition("Ready", "True"),)
    verdicts = [
        Verdict(kind="Broker", namespace=each.namespace, name=each.name, conditions=ready)
        for each in brokers
    ]
    verdicts += [
        Verdict(
            kind="Trigger",
            namespace=each.namespace,
            name=each.name,
            conditions=ready,
            broker=each.broker,
            subscriber_uri=each.subscriber_uri,
        )
        for each in triggers
    ]
    return await publish(redis, brokers, triggers, verdicts)


async def append_event(
    redis: Redis, event_id: str, kind: str = "wanted", data: bytes = b"{}", partition: int = 0
) -> LogId:
    attributes = {"specversion": "1.0", "id": event_id, "type": kind, "source": "/test"}
    entry = Entry(orjson.dumps(attributes), None, data)
    (log_id,) = await Log(redis, "default/main", partition).append([entry]) or []
    return log_id

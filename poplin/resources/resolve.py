"""From checked documents to what the data plane uses: addresses found, delivery defaulted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from poplin.catalog import BrokerRecord, DeliveryPolicy, TriggerRecord, Verdict
from poplin.resources.addresses import Addresses, BrokerUrl
from poplin.resources.annotations import ANNOTATIONS
from poplin.resources.defaults import with_defaults
from poplin.resources.dependency import dependency_ready
from poplin.resources.models import Broker, Delivery, Loaded, Trigger
from poplin.resources.source_resolve import source_statuses
from poplin.resources.status import broker_verdict, numbered, refused_verdict, trigger_verdict

__all__ = ["Resolved", "resolve"]

_DEFAULT_TIMEOUT_S = 30.0

NameOf = Callable[[str, str], str]


@dataclass(slots=True)
class Resolved:
    brokers: list[BrokerRecord] = field(default_factory=list)
    triggers: list[TriggerRecord] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


def resolve(
    loaded: Loaded,
    uid_for: NameOf,
    *,
    broker_url: BrokerUrl,
    services: Mapping[str, str] | None = None,
    known: Mapping[str, Verdict] | None = None,
) -> Resolved:
    """Records of all that can be served, and a verdict on each object.

    `uid_for` gives a trigger's uid by its key and its broker's, `services` the URLs of Services
    by namespace/name (`--resolve`); `known` are the verdicts in force, from which generations go on.
    """
    found = Resolved()
    loaded = with_defaults(loaded)
    addresses = Addresses(loaded, broker_url, services)
    brokers = {(broker.namespace, broker.name): broker for broker in loaded.brokers}
    keyed = {
        (trigger.namespace, trigger.broker)
        for trigger in loaded.triggers
        if trigger.annotations.get("ordering") == "partitionkey"
    }
    for broker in loaded.brokers:
        found.brokers.append(_broker_record(broker, (broker.namespace, broker.name) in keyed))
        found.verdicts.append(broker_verdict(broker, addresses))
    found.verdicts += [v for each in loaded.refused if (v := refused_verdict(each)) is not None]
    owners = {(each.namespace, each.name): each for each in found.verdicts if each.kind == "Broker"}
    sources = source_statuses(loaded, addresses)
    for trigger in loaded.triggers:
        owner = (trigger.namespace, trigger.broker)
        waits = dependency_ready(trigger.dependency, sources)
        verdict = trigger_verdict(trigger, brokers.get(owner), owners.get(owner), addresses, waits)
        found.verdicts.append(verdict)
        if owner in brokers and _is_deliverable(verdict):
            uid = uid_for(f"{trigger.namespace}/{trigger.name}", "/".join(owner))
            found.triggers.append(_trigger_record(trigger, brokers[owner], uid, verdict))
    places = {identity: number for number, identity in enumerate(loaded.documents)}
    found.verdicts.sort(key=lambda v: (v.kind, places[v.kind, v.namespace, v.name]))
    found.verdicts = [numbered(each, (known or {}).get(each.key)) for each in found.verdicts]
    return found


def _is_deliverable(verdict: Verdict) -> bool:
    """Ready or not: a Broker that cannot find its own dead-letter sink has good triggers, too."""
    return all(
        verdict.condition(each).status == "True"
        for each in ("SubscriberResolved", "DeadLetterSinkResolved")
    )


def _broker_record(broker: Broker, keyed: bool) -> BrokerRecord:
    notes = broker.annotations
    return BrokerRecord(
        namespace=broker.namespace,
        name=broker.name,
        partitions=notes.get("partitions", ANNOTATIONS["partitions"].default),
        retention_s=notes.get("retention", ANNOTATIONS["retention"].default),
        retention_bytes=notes.get("retention-bytes", ANNOTATIONS["retention-bytes"].default),
        journal_bytes=notes.get("journal-bytes", ANNOTATIONS["journal-bytes"].default),
        rate_limit=notes.get("rate-limit", ANNOTATIONS["rate-limit"].default),
        dedupe_window_s=notes.get("dedupe-window", ANNOTATIONS["dedupe-window"].default),
        keyed=keyed,
    )


def _trigger_record(trigger: Trigger, broker: Broker, uid: str, verdict: Verdict) -> TriggerRecord:
    notes = {**_shared(broker), **trigger.annotations}

    def setting(name: str) -> Any:
        return notes.get(name, ANNOTATIONS[name].default)

    return TriggerRecord(
        uid=uid,
        namespace=trigger.namespace,
        name=trigger.name,
        broker=trigger.broker,
        subscriber_uri=verdict.subscriber_uri or "",
        filters=trigger.filters,
        delivery=_policy(trigger, broker, setting("backoff-max"), verdict.dead_letter_sink_uri),
        max_in_flight=setting("max-in-flight"),
        dead_letter_retention_s=setting("dead-letter-retention"),
        reply_policy=setting("reply-policy"),
        header_encoding=setting("header-encoding"),
        paused=setting("paused"),
        ordering=setting("ordering"),
    )


def _shared(broker: Broker) -> dict[str, Any]:
    """The broker's annotations that its triggers inherit: those that both kinds may have."""
    return {
        name: value
        for name, value in broker.annotations.items()
        if "Trigger" in ANNOTATIONS[name].kinds
    }


def _policy(
    trigger: Trigger, broker: Broker, backoff_max_s: float, dead_letter_uri: str | None
) -> DeliveryPolicy:
    """A Trigger's delivery replaces its Broker's as a whole, but for the dead-letter sink
    as Knative's controller does; a Broker's own replaces the defaults as a whole."""
    written = trigger.delivery or broker.delivery or Delivery()
    has_backoff = written.backoff_policy is not None and written.backoff_delay_s is not None
    return DeliveryPolicy(
        retry=written.retry or 0,
        backoff_policy=written.backoff_policy or "exponential",
        backoff_delay_s=(written.backoff_delay_s or 0.0) if has_backoff else 0.0,
        backoff_max_s=backoff_max_s,
        timeout_s=written.timeout_s or _DEFAULT_TIMEOUT_S,
        retry_after_max_s=written.retry_after_max_s,
        format=written.format,
        dead_letter_uri=dead_letter_uri,
    )

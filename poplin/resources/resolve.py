"""From checked documents to what the data plane uses: addresses found, delivery defaulted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urljoin

from poplin.catalog import BrokerRecord, DeliveryPolicy, TriggerRecord, Verdict
from poplin.errors import InvalidResourceError
from poplin.resources.annotations import ANNOTATIONS
from poplin.resources.models import (
    Broker,
    Delivery,
    Destination,
    Loaded,
    Ref,
    Service,
    Trigger,
    one_line,
)

__all__ = ["Resolved", "resolve"]

_DEFAULT_DELIVERY = Delivery(retry=10, backoff_policy="exponential", backoff_delay_s=0.2)
"""Of a Broker that says nothing about delivery (Knative's shipped config-br-defaults)."""
_DEFAULT_TIMEOUT_S = 30.0

NameOf = Callable[[str, str], str]


@dataclass(slots=True)
class Resolved:
    brokers: list[BrokerRecord] = field(default_factory=list)
    triggers: list[TriggerRecord] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)


class _UnresolvedError(InvalidResourceError):
    """A ref that leads nowhere."""


def resolve(loaded: Loaded, uid_for: NameOf, *, broker_url: NameOf) -> Resolved:
    """Records of all that can be served, and a verdict on each object.

    `uid_for` gives a trigger's uid by its key and its broker's, `broker_url` a broker's ingress
    URL by namespace and name.
    """
    found = Resolved()
    brokers = {(broker.namespace, broker.name): broker for broker in loaded.brokers}
    addresses = _Addresses(loaded, broker_url)
    for broker in loaded.brokers:
        found.brokers.append(_broker_record(broker))
        found.verdicts.append(_broker_verdict(broker, addresses))
    for trigger in loaded.triggers:
        verdict = Verdict(
            kind="Trigger", namespace=trigger.namespace, name=trigger.name,
            ready=True, warnings=trigger.warnings,
        )  # fmt: skip
        owner = brokers.get((trigger.namespace, trigger.broker))
        try:
            if owner is None:
                raise _UnresolvedError(
                    "BrokerDoesNotExist",
                    f"Broker {trigger.namespace}/{trigger.broker} is not in the files, or was "
                    "refused; add or mend it",
                )
            uid = uid_for(
                f"{trigger.namespace}/{trigger.name}", f"{trigger.namespace}/{trigger.broker}"
            )
            found.triggers.append(_trigger_record(trigger, owner, uid, addresses))
        except _UnresolvedError as error:
            reason, message = error.args
            verdict = Verdict(
                kind="Trigger", namespace=trigger.namespace, name=trigger.name,
                ready=False, reason=reason, message=message,
            )  # fmt: skip
        found.verdicts.append(verdict)
    found.verdicts += [
        Verdict(
            kind=each.kind, namespace=each.namespace, name=each.name,
            ready=False, reason="Invalid", message=each.message,
        )
        for each in loaded.refused
    ]  # fmt: skip
    return found


class _Addresses:
    """Where refs lead, outside a cluster: ExternalName Services and Brokers of the same files."""

    def __init__(self, loaded: Loaded, broker_url: NameOf) -> None:
        self._services = {(each.namespace, each.name): each for each in loaded.services}
        self._brokers = {(each.namespace, each.name) for each in loaded.brokers}
        self._broker_url = broker_url

    def url(self, destination: Destination, reason: str) -> str:
        """Raises _UnresolvedError with `reason`."""
        if destination.ref is None:
            return destination.uri or ""
        base = self._ref_url(destination.ref, reason)
        return urljoin(base, destination.uri) if destination.uri else base

    def _ref_url(self, ref: Ref, reason: str) -> str:
        key = (ref.namespace, ref.name)
        match _addressable(ref):
            case "Broker" if key in self._brokers:
                return self._broker_url(*key)
            case "Broker":
                step = "add that Broker to the files, or use uri"
            case "Service":
                service = self._services.get(key)
                if service is not None and service.external_name:
                    return _service_url(service.external_name, service)
                step = (
                    "add a v1 Service document of type ExternalName with a port under that name, "
                    "or use uri"
                )
            case _:
                step = (
                    "a ref leads to a v1 Service or an eventing.knative.dev/v1 Broker; use uri for "
                    "anything else"
                )
        kind = f"{ref.kind}.{ref.group}" if ref.group else ref.kind
        raise _UnresolvedError(
            reason, one_line(f"{kind} {ref.namespace}/{ref.name} has no address here; {step}")
        )


def _addressable(ref: Ref) -> Literal["Service", "Broker"] | None:
    """A Knative Service (serving.knative.dev) is another kind of the same name."""
    if ref.version not in ("v1", ""):
        return None
    if (ref.kind, ref.group) == ("Service", ""):
        return "Service"
    return "Broker" if (ref.kind, ref.group) == ("Broker", "eventing.knative.dev") else None


def _service_url(host: str, service: Service) -> str:
    """At its only port, else at the one named http, else at 80, which HTTP leaves unsaid."""
    ports = [port for name, port in service.ports if name == "http" or len(service.ports) == 1]
    port = next(iter(ports), 80)
    return f"http://{host}{f':{port}' if port != 80 else ''}/"


def _broker_record(broker: Broker) -> BrokerRecord:
    notes = broker.annotations
    return BrokerRecord(
        namespace=broker.namespace,
        name=broker.name,
        partitions=notes.get("partitions", ANNOTATIONS["partitions"].default),
        retention_s=notes.get("retention", ANNOTATIONS["retention"].default),
        retention_bytes=notes.get("retention-bytes", ANNOTATIONS["retention-bytes"].default),
        journal_bytes=notes.get("journal-bytes", ANNOTATIONS["journal-bytes"].default),
        rate_limit=notes.get("rate-limit", ANNOTATIONS["rate-limit"].default),
    )


def _broker_verdict(broker: Broker, addresses: _Addresses) -> Verdict:
    reason = message = ""
    sink = broker.delivery.dead_letter_sink if broker.delivery else None
    if sink is not None:
        try:
            addresses.url(sink, "Unable to get the dead letter sink's URI")
        except _UnresolvedError as error:
            reason, message = error.args
    return Verdict(
        kind="Broker", namespace=broker.namespace, name=broker.name,
        ready=not reason, reason=reason, message=message, warnings=broker.warnings,
    )  # fmt: skip


def _trigger_record(
    trigger: Trigger, broker: Broker, uid: str, addresses: _Addresses
) -> TriggerRecord:
    notes = {**_shared(broker), **trigger.annotations}

    def setting(name: str) -> Any:
        return notes.get(name, ANNOTATIONS[name].default)

    return TriggerRecord(
        uid=uid,
        namespace=trigger.namespace,
        name=trigger.name,
        broker=trigger.broker,
        subscriber_uri=addresses.url(trigger.subscriber, "Unable to get the Subscriber's URI"),
        filters=trigger.filters,
        delivery=_policy(trigger, broker, addresses, setting("backoff-max")),
        max_in_flight=setting("max-in-flight"),
        dead_letter_retention_s=setting("dead-letter-retention"),
        reply_policy=setting("reply-policy"),
        header_encoding=setting("header-encoding"),
    )


def _shared(broker: Broker) -> dict[str, Any]:
    """The broker's annotations that its triggers inherit: those that both kinds may have."""
    return {
        name: value
        for name, value in broker.annotations.items()
        if "Trigger" in ANNOTATIONS[name].kinds
    }


def _policy(
    trigger: Trigger, broker: Broker, addresses: _Addresses, backoff_max_s: float
) -> DeliveryPolicy:
    """A Trigger's delivery replaces its Broker's as a whole, but for the dead-letter sink
    as Knative's controller does; a Broker's own replaces the defaults as a whole."""
    written = trigger.delivery or broker.delivery or _DEFAULT_DELIVERY
    sink = (trigger.delivery.dead_letter_sink if trigger.delivery else None) or (
        broker.delivery.dead_letter_sink if broker.delivery else None
    )
    has_backoff = written.backoff_policy is not None and written.backoff_delay_s is not None
    return DeliveryPolicy(
        retry=written.retry or 0,
        backoff_policy=written.backoff_policy or "exponential",
        backoff_delay_s=(written.backoff_delay_s or 0.0) if has_backoff else 0.0,
        backoff_max_s=backoff_max_s,
        timeout_s=written.timeout_s or _DEFAULT_TIMEOUT_S,
        retry_after_max_s=written.retry_after_max_s,
        format=written.format,
        dead_letter_uri=None
        if sink is None
        else addresses.url(sink, "Unable to get the dead letter sink's URI"),
    )

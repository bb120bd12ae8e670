"""Conditions and status of a Broker and a Trigger, with the reasons that Knative gives.

Knative's condition sets name parts of its own broker: IngressReady, TriggerChannelReady and
FilterReady, SubscriptionReady, OIDCIdentityCreated. Poplin has no such parts, and shows what is
left, as Knative lets other broker classes do. Ready is False with the first of its conditions
that is, and Knative's tools look at it alone.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, TypeVar

from poplin.catalog import Condition, SourceStatus, Verdict
from poplin.resources.addresses import Addresses, UnresolvedError
from poplin.resources.models import Broker, Destination, Refused, Trigger, one_line

__all__ = [
    "broker_verdict",
    "conditions_of",
    "numbered",
    "refused_verdict",
    "status_of",
    "trigger_verdict",
]

_NO_SUBSCRIBER = "Unable to get the Subscriber's URI"
_NO_SINK = "Unable to get the dead letter sink's URI"

_Status = TypeVar("_Status", Verdict, SourceStatus)

_Resolution = tuple[str | None, Condition]
"""A URI where there is one, and the condition that says so."""


def status_of(verdict: Verdict) -> dict[str, Any]:
    """The `status` of the object in Knative's API; what is not known is left out."""
    found: dict[str, Any] = {
        "observedGeneration": verdict.observed_generation,
        "conditions": conditions_of(verdict.conditions),
    }
    if verdict.address_url is not None:
        found["address"] = {"url": verdict.address_url}
    if verdict.subscriber_uri is not None:
        found["subscriberUri"] = verdict.subscriber_uri
    if verdict.dead_letter_sink_uri is not None:
        found["deadLetterSinkUri"] = verdict.dead_letter_sink_uri
    return found


def conditions_of(conditions: Iterable[Condition]) -> list[dict[str, str]]:
    """As Knative's API spells them."""
    return [
        {
            "type": each.type,
            "status": each.status,
            **({"reason": each.reason} if each.reason else {}),
            **({"message": each.message} if each.message else {}),
        }
        for each in conditions
    ]


def broker_verdict(broker: Broker, addresses: Addresses) -> Verdict:
    sink = broker.delivery.dead_letter_sink if broker.delivery else None
    sink_uri, sink_resolved = _sink(sink, addresses)
    return Verdict(
        kind="Broker",
        namespace=broker.namespace,
        name=broker.name,
        conditions=_rolled_up(Condition("Addressable", "True"), sink_resolved),
        warnings=_warnings(broker),
        address_url=addresses.broker_url(broker.namespace, broker.name),
        dead_letter_sink_uri=sink_uri,
        spec_digest=broker.spec_digest,
    )


def trigger_verdict(
    trigger: Trigger,
    broker: Broker | None,
    owner: Verdict | None,
    addresses: Addresses,
    dependency_ready: Condition,
) -> Verdict:
    """`owner` is the verdict on its Broker, which may be there although the Broker was refused."""
    subscriber, subscriber_resolved = _resolved(
        "SubscriberResolved", trigger.subscriber, addresses, _NO_SUBSCRIBER
    )
    sink, sink_resolved = _trigger_sink(trigger, broker, owner, addresses)
    return Verdict(
        kind="Trigger",
        namespace=trigger.namespace,
        name=trigger.name,
        conditions=_rolled_up(
            _broker_ready(trigger, owner),
            subscriber_resolved,
            sink_resolved,
            dependency_ready,
        ),
        warnings=_warnings(trigger),
        broker=trigger.broker,
        subscriber_uri=subscriber,
        dead_letter_sink_uri=sink,
        spec_digest=trigger.spec_digest,
    )


def refused_verdict(refused: Refused) -> Verdict | None:
    """Of a document that Knative's admission would not let in; Invalid is a reason of ours."""
    if refused.kind != "Broker" and refused.kind != "Trigger":
        return None
    return Verdict(
        kind="Broker" if refused.kind == "Broker" else "Trigger",
        namespace=refused.namespace,
        name=refused.name,
        conditions=(Condition("Ready", "False", "Invalid", refused.message),),
        spec_digest=refused.spec_digest,
    )


def numbered(now: _Status, before: _Status | None) -> _Status:
    """With the generation that follows from what was said before."""
    if before is None:
        return now
    is_changed = now.spec_digest != before.spec_digest
    return replace(now, observed_generation=before.observed_generation + is_changed)


def _warnings(document: Broker | Trigger) -> tuple[str, ...]:
    refused = document.refused_edit
    return (refused, *document.warnings) if refused else document.warnings


def _rolled_up(*conditions: Condition) -> tuple[Condition, ...]:
    """With Ready before them, which takes over the reason of the first that is False."""
    failed = next((each for each in conditions if each.status == "False"), None)
    ready = Condition("Ready", "True") if failed is None else replace(failed, type="Ready")
    return ready, *conditions


def _broker_ready(trigger: Trigger, owner: Verdict | None) -> Condition:
    if owner is None:
        message = f"Broker {trigger.namespace}/{trigger.broker} is not there; add it"
        return Condition("BrokerReady", "False", "BrokerDoesNotExist", one_line(message))
    return replace(owner.condition("Ready"), type="BrokerReady")


def _trigger_sink(
    trigger: Trigger, broker: Broker | None, owner: Verdict | None, addresses: Addresses
) -> _Resolution:
    """Its own, else its Broker's, whatever else the Trigger's delivery says."""
    own = trigger.delivery.dead_letter_sink if trigger.delivery else None
    if own is not None:
        return _sink(own, addresses)
    if broker is None or broker.delivery is None or broker.delivery.dead_letter_sink is None:
        return _sink(None, addresses)
    uri = owner.dead_letter_sink_uri if owner else None
    if uri is None:
        reason = f"Broker {broker.name} didn't set status.deadLetterSinkURI"
        return None, Condition("DeadLetterSinkResolved", "False", reason)
    return uri, Condition("DeadLetterSinkResolved", "True")


def _sink(sink: Destination | None, addresses: Addresses) -> _Resolution:
    if sink is None:
        return None, Condition(
            "DeadLetterSinkResolved",
            "True",
            "DeadLetterSinkNotConfigured",
            "No dead letter sink is configured.",
        )
    return _resolved("DeadLetterSinkResolved", sink, addresses, _NO_SINK)


def _resolved(
    condition: str, destination: Destination, addresses: Addresses, reason: str
) -> _Resolution:
    try:
        return addresses.url(destination), Condition(condition, "True")
    except UnresolvedError as error:
        return None, Condition(condition, "False", reason, str(error))

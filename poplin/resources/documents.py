"""From one YAML document to a Broker, a Trigger or a Service by Knative's API."""

import re
from typing import Literal, cast

from poplin.resources.annotations import read_annotations
from poplin.resources.dependency import read_dependency
from poplin.resources.destinations import read_destination, read_ref
from poplin.resources.duration import parse_duration
from poplin.resources.fields import Checker, Fields
from poplin.resources.filter_fields import read_filters
from poplin.resources.models import Broker, Delivery, Service, Trigger
from poplin.resources.values import Value
from poplin.sender import is_host

__all__ = ["Identity", "read_broker", "read_identity", "read_service", "read_trigger"]

Identity = tuple[str, str, str]
"""kind, namespace, name."""

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")
_DNS_SUBDOMAIN = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z"
)
_SET_BY_SERVERS = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers",
    "generateName", "generation", "managedFields", "ownerReferences", "resourceVersion",
    "selfLink", "uid",
)  # fmt: skip
_MOST_RETRIES = 2**31 - 1


def read_identity(
    checker: Checker, kind: str, metadata: Value
) -> tuple[Identity | None, Value | None]:
    """Who the document is, and its annotations."""
    fields = checker.fields(metadata)
    if fields is None:
        return None, None
    name = _name(checker, fields.need("name"), _DNS_SUBDOMAIN)
    namespace = _name(checker, fields.take("namespace"), _DNS_LABEL) or "default"
    annotations = fields.take("annotations")
    for ignored in ("labels", *_SET_BY_SERVERS):
        fields.take(ignored)
    fields.refuse_unknown()
    return None if name is None else (kind, namespace, name), annotations


def _name(checker: Checker, value: Value | None, allowed: re.Pattern[str]) -> str | None:
    if value is None:
        return None
    if isinstance(value.data, str) and allowed.match(value.data):
        return value.data
    checker.bad(value, "lower-case letters, digits and hyphens, as Kubernetes names are")
    return None


def read_broker(
    checker: Checker, identity: Identity, annotations: Value | None, spec: Value | None
) -> Broker:
    _, namespace, name = identity
    delivery = None
    if spec is not None and (fields := checker.fields(spec)):
        delivery = _delivery(checker, fields.take("delivery"), namespace)
        if (config := fields.take("config")) is not None:
            read_ref(checker, config, namespace)
        fields.refuse_unknown()
    return Broker(
        namespace=namespace,
        name=name,
        delivery=delivery,
        annotations=read_annotations(checker, "Broker", annotations),
        warnings=tuple(checker.warnings),
    )


def read_trigger(
    checker: Checker, identity: Identity, annotations: Value | None, spec: Value | None
) -> Trigger | None:
    _, namespace, name = identity
    fields = checker.fields(spec) if spec is not None else None
    if fields is None:
        return None
    broker = _broker_name(checker, fields)
    subscriber = fields.need("subscriber")
    destination = read_destination(checker, subscriber, namespace) if subscriber else None
    filters = read_filters(checker, fields.take("filters"), fields.take("filter"))
    delivery = _delivery(checker, fields.take("delivery"), namespace)
    parsed = read_annotations(checker, "Trigger", annotations)
    dependency = read_dependency(checker, annotations, namespace)
    fields.refuse_unknown()
    if destination is None:
        return None
    return Trigger(
        namespace=namespace,
        name=name,
        broker=broker,
        subscriber=destination,
        filters=filters,
        delivery=delivery,
        dependency=dependency,
        annotations=parsed,
        warnings=tuple(checker.warnings),
    )


def read_service(
    checker: Checker, identity: Identity, _annotations: Value | None, spec: Value | None
) -> Service:
    """Only what an address needs is looked at; a Service has many other fields."""
    _, namespace, name = identity
    fields = checker.fields(spec) if spec is not None else None
    kind = fields.take("type") if fields else None
    if fields is None or kind is None or kind.data != "ExternalName":
        return Service(namespace=namespace, name=name, external_name=None)
    host = fields.need("externalName")
    return Service(
        namespace=namespace,
        name=name,
        external_name=checker.parsed(host, _external_name) if host else None,
        ports=_ports(checker, fields.take("ports")),
    )


def _external_name(text: str) -> str:
    if not is_host(text):
        raise ValueError("use a host name or an IPv4 address, without http:// and port")
    return text


def _ports(checker: Checker, value: Value | None) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for port in (checker.items(value) if value else None) or ():
        fields = checker.fields(port)
        if fields is not None and (number := fields.need("port")) is not None:
            label = fields.take("name")
            name = checker.text(label) if label else None
            found.append((name or "", checker.whole(number, 1, 65535) or 0))
    return tuple(found)


def _broker_name(checker: Checker, fields: Fields) -> str:
    name, ref = fields.take("broker"), fields.take("brokerRef")
    if name is not None and ref is not None:
        checker.refuse(ref, "expected exactly one of spec.broker and spec.brokerRef, got both")
    elif name is not None:
        return checker.text(name) or ""
    elif ref is not None:
        found = read_ref(checker, ref, "")
        if found is not None and found.namespace:
            checker.refuse(
                ref,
                "is not allowed; a Trigger and its Broker share a namespace",
                f"{ref.path}.namespace",
            )
        if found is not None and (found.kind, found.group) != ("Broker", "eventing.knative.dev"):
            checker.refuse(ref, "use kind Broker and apiVersion eventing.knative.dev/v1")
        return found.name if found else ""
    else:
        checker.refuse(fields.value, "is missing; it is required", "spec.broker")
    return ""


def _delivery(checker: Checker, value: Value | None, namespace: str) -> Delivery | None:
    fields = checker.fields(value) if value is not None else None
    if fields is None:
        return None
    sink, retry, timeout = (fields.take(each) for each in ("deadLetterSink", "retry", "timeout"))
    policy, delay = fields.take("backoffPolicy"), fields.take("backoffDelay")
    retry_after, form = fields.take("retryAfterMax"), fields.take("format")
    fields.refuse_unknown()
    if retry is not None and retry.data and (policy is None or delay is None):
        checker.warn(retry, "without backoffPolicy and backoffDelay, retries follow at once")
    timeout_s = checker.parsed(timeout, parse_duration) if timeout else None
    if timeout is not None and timeout_s == 0:
        checker.bad(timeout, "a duration above zero, such as PT30S")
    return Delivery(
        dead_letter_sink=read_destination(checker, sink, namespace) if sink else None,
        retry=checker.whole(retry, 0, _MOST_RETRIES) if retry else None,
        timeout_s=timeout_s,
        backoff_policy=cast(
            "Literal['linear', 'exponential'] | None",
            checker.one_of(policy, "linear", "exponential") if policy else None,
        ),
        backoff_delay_s=checker.parsed(delay, parse_duration) if delay else None,
        retry_after_max_s=checker.parsed(retry_after, parse_duration) if retry_after else None,
        format=cast(
            "Literal['json', 'binary'] | None",
            checker.one_of(form, "json", "binary") if form else None,
        ),
    )

"""From one YAML document to a Broker, a Trigger or a Service by Knative's API."""

import re
from typing import Literal, cast
from urllib.parse import urlsplit

from poplin.resources.annotations import read_annotations
from poplin.resources.duration import parse_duration
from poplin.resources.fields import Checker, Fields, Value
from poplin.resources.filter_fields import read_filters
from poplin.resources.models import Broker, Delivery, Destination, Ref, Service, Trigger

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
            _ref(checker, config, namespace)
        fields.refuse_unknown()
    return Broker(
        namespace=namespace,
        name=name,
        delivery=delivery,
        annotations=read_annotations(checker, "Broker", annotations),
    )


def read_trigger(
    checker: Checker, identity: Identity, annotations: Value | None, spec: Value | None
) -> Trigger:
    _, namespace, name = identity
    fields = (checker.fields(spec) if spec is not None else None) or Fields(checker, Value({}, 0))
    broker = _broker_name(checker, fields)
    subscriber = fields.need("subscriber")
    destination = _destination(checker, subscriber, namespace) if subscriber else None
    trigger = Trigger(
        namespace=namespace,
        name=name,
        broker=broker,
        subscriber=destination or Destination(),
        filters=read_filters(checker, fields.take("filters"), fields.take("filter")),
        delivery=_delivery(checker, fields.take("delivery"), namespace),
        annotations=read_annotations(checker, "Trigger", annotations),
    )
    fields.refuse_unknown()
    return trigger


def read_service(
    checker: Checker, identity: Identity, _annotations: Value | None, spec: Value | None
) -> Service:
    """Only what an address needs is looked at; a Service has many other fields."""
    _, namespace, name = identity
    data = spec.data if spec is not None and isinstance(spec.data, dict) else {}
    is_external = data.get("type") is not None and data["type"].data == "ExternalName"
    external = (
        checker.text(data["externalName"]) if is_external and "externalName" in data else None
    )
    ports: list[tuple[str, int]] = []
    for port in checker.items(data["ports"]) or () if "ports" in data else ():
        fields = checker.fields(port)
        if fields is not None and (number := fields.need("port")) is not None:
            label = fields.take("name")
            value = checker.whole(number, 1, 65535)
            ports.append((str(label.data) if label else "", value or 0))
    return Service(namespace=namespace, name=name, external_name=external, ports=tuple(ports))


def _broker_name(checker: Checker, fields: Fields) -> str:
    name, ref = fields.take("broker"), fields.take("brokerRef")
    if name is not None and ref is not None:
        checker.refuse(ref, "expected exactly one of spec.broker and spec.brokerRef, got both")
    elif name is not None:
        return checker.text(name) or ""
    elif ref is not None:
        found = _ref(checker, ref, "")
        if found is not None and found.namespace:
            checker.refuse(ref, "a namespace is not allowed; a Trigger and its Broker share one")
        return found.name if found else ""
    else:
        checker.refuse(fields.value, "is missing; it is required", "spec.broker")
    return ""


def _destination(checker: Checker, value: Value, namespace: str) -> Destination | None:
    fields = checker.fields(value)
    if fields is None:
        return None
    ref_value, uri_value = fields.take("ref"), fields.take("uri")
    for unused in ("CACerts", "audience"):
        if (setting := fields.take(unused)) is not None:
            checker.refuse(setting, "is not served yet; leave it out")
    fields.refuse_unknown()
    ref = _ref(checker, ref_value, namespace) if ref_value else None
    uri = checker.text(uri_value) if uri_value else None
    if ref_value is None and uri_value is None:
        checker.refuse(value, "expected at least one of ref and uri")
    if uri_value is not None and uri is not None:
        _check_uri(checker, uri_value, uri, has_ref=ref_value is not None)
    return Destination(ref=ref, uri=uri)


def _check_uri(checker: Checker, value: Value, uri: str, *, has_ref: bool) -> None:
    try:
        parts = urlsplit(uri)
        is_absolute = bool(parts.scheme or parts.netloc)
        is_sendable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        checker.bad(value, "a valid URI")
        return
    if not uri.isascii() or not uri.isprintable() or " " in uri:
        checker.bad(value, "visible ASCII, the rest percent-encoded")
    elif has_ref and is_absolute:
        checker.refuse(value, "an absolute URI is not allowed together with ref")
    elif not has_ref and not is_sendable:
        checker.bad(value, "an absolute http:// or https:// URI")
    elif "@" in parts.netloc:
        checker.refuse(value, "credentials in a URI are not allowed")


def _ref(checker: Checker, value: Value, namespace: str) -> Ref | None:
    fields = checker.fields(value)
    if fields is None:
        return None
    kind, name = fields.need("kind"), fields.need("name")
    version, group = fields.take("apiVersion"), fields.take("group")
    own = fields.take("namespace")
    fields.take("address")
    fields.refuse_unknown()
    if version is None and group is None:
        checker.refuse(value, "is missing; it is required", f"{value.path}.apiVersion")
    texts = [checker.text(each) if each else None for each in (kind, name, version or group, own)]
    if not all(texts[:3]):
        return None
    return Ref(
        kind=str(texts[0]),
        name=str(texts[1]),
        api_version=str(texts[2]),
        namespace=texts[3] or namespace,
    )


def _delivery(checker: Checker, value: Value | None, namespace: str) -> Delivery | None:
    fields = checker.fields(value) if value is not None else None
    if fields is None:
        return None
    sink, retry, timeout = (fields.take(each) for each in ("deadLetterSink", "retry", "timeout"))
    policy, delay = fields.take("backoffPolicy"), fields.take("backoffDelay")
    retry_after, form = fields.take("retryAfterMax"), fields.take("format")
    fields.refuse_unknown()
    timeout_s = checker.parsed(timeout, parse_duration) if timeout else None
    if timeout is not None and timeout_s == 0:
        checker.bad(timeout, "a duration above zero, such as PT30S")
    return Delivery(
        dead_letter_sink=_destination(checker, sink, namespace) if sink else None,
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

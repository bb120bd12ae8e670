"""From one YAML document to a Broker, a Trigger or a Service by Knative's API."""

from collections.abc import Callable

from poplin.names import is_name, is_namespace
from poplin.resources.annotations import read_annotations
from poplin.resources.delivery_fields import read_delivery
from poplin.resources.dependency import read_dependency
from poplin.resources.destinations import read_destination, read_ref
from poplin.resources.fields import Checker, Fields
from poplin.resources.filter_fields import read_filters
from poplin.resources.models import Broker, Identity, Service, Trigger
from poplin.resources.values import Value
from poplin.sender import is_host

__all__ = ["read_broker", "read_identity", "read_service", "read_trigger"]

_CLASS = "eventing.knative.dev/broker.class"
_SET_BY_SERVERS = (
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers",
    "generateName", "generation", "managedFields", "ownerReferences", "resourceVersion",
    "selfLink", "uid",
)  # fmt: skip


def read_identity(
    checker: Checker, kind: str, metadata: Value
) -> tuple[Identity | None, Value | None]:
    """Who the document is, and its annotations."""
    fields = checker.fields(metadata)
    if fields is None:
        return None, None
    name = _name(checker, fields.need("name"), is_name)
    namespace = _name(checker, fields.take("namespace"), is_namespace) or "default"
    annotations = fields.take("annotations")
    for ignored in ("labels", *_SET_BY_SERVERS):
        fields.take(ignored)
    fields.refuse_unknown()
    return None if name is None else (kind, namespace, name), annotations


def _name(checker: Checker, value: Value | None, allows: Callable[[str], bool]) -> str | None:
    if value is None:
        return None
    if isinstance(value.data, str) and allows(value.data):
        return value.data
    checker.bad(value, "lower-case letters, digits and hyphens, as Kubernetes names are")
    return None


def read_broker(
    checker: Checker, identity: Identity, annotations: Value | None, document: Fields
) -> Broker:
    _, namespace, name = identity
    spec, delivery = document.take("spec"), None
    if spec is not None and (fields := checker.fields(spec)):
        delivery = read_delivery(checker, fields.take("delivery"), namespace)
        if (config := fields.take("config")) is not None:
            read_ref(checker, config, namespace)
        fields.refuse_unknown()
    return Broker(
        namespace=namespace,
        name=name,
        broker_class=_class(annotations),
        delivery=delivery,
        annotations=read_annotations(checker, "Broker", annotations),
        warnings=tuple(checker.warnings),
    )


def _class(annotations: Value | None) -> str:
    """Empty when there is none."""
    if annotations is None or not isinstance(annotations.data, dict):
        return ""
    value = annotations.data.get(_CLASS)
    return str(value.data) if value is not None and value.data is not None else ""


def read_trigger(
    checker: Checker, identity: Identity, annotations: Value | None, document: Fields
) -> Trigger | None:
    _, namespace, name = identity
    spec = document.need("spec")
    fields = checker.fields(spec) if spec is not None else None
    if fields is None:
        return None
    broker = _broker_name(checker, fields)
    subscriber = fields.need("subscriber")
    destination = read_destination(checker, subscriber, namespace) if subscriber else None
    filters = read_filters(checker, fields.take("filters"), fields.take("filter"))
    delivery = read_delivery(checker, fields.take("delivery"), namespace)
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
    checker: Checker, identity: Identity, _annotations: Value | None, document: Fields
) -> Service:
    """Only what an address needs is looked at; a Service has many other fields."""
    _, namespace, name = identity
    spec = document.take("spec")
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

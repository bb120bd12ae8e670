"""The ConfigMap config-br-defaults, and what Brokers that say nothing about delivery get."""

from collections.abc import Iterator
from dataclasses import replace

from poplin.names import is_namespace
from poplin.resources.delivery_fields import read_delivery
from poplin.resources.destinations import read_ref
from poplin.resources.embedded import read_embedded
from poplin.resources.fields import Checker, Fields
from poplin.resources.models import (
    Broker,
    BrokerDefaults,
    Defaults,
    Delivery,
    Identity,
    Loaded,
)
from poplin.resources.values import Value

__all__ = ["is_defaults", "read_defaults", "with_defaults"]

_NAME = "config-br-defaults"
_KEY = "default-br-config"
_REF = ("apiVersion", "kind", "name", "namespace", "group", "address")
_SHIPPED = Delivery(retry=10, backoff_policy="exponential", backoff_delay_s=0.2)
"""Knative's own config-br-defaults, where the files hold none."""


def with_defaults(loaded: Loaded) -> Loaded:
    """As Knative's admission does: a Broker without `delivery` has that of the defaults."""
    defaults = loaded.defaults
    documents = dict(loaded.documents)
    for identity, each in loaded.documents.items():
        if isinstance(each, Broker) and each.delivery is None:
            delivery = (
                defaults.delivery(each.namespace, each.broker_class) if defaults else _SHIPPED
            )
            documents[identity] = replace(each, delivery=_in_namespace(delivery, each.namespace))
    return replace(loaded, documents=documents)


def _in_namespace(delivery: Delivery, namespace: str) -> Delivery:
    """A ref in the defaults that names no namespace means the Broker's."""
    sink = delivery.dead_letter_sink
    if sink is None or sink.ref is None or sink.ref.namespace:
        return delivery
    ref = replace(sink.ref, namespace=namespace)
    return replace(delivery, dead_letter_sink=replace(sink, ref=ref))


def is_defaults(document: Value) -> bool:
    """In whichever namespace; other ConfigMaps are not ours."""
    metadata = document.data.get("metadata")
    name = metadata.data.get("name") if metadata and isinstance(metadata.data, dict) else None
    return name is not None and name.data == _NAME


def read_defaults(
    checker: Checker, _identity: Identity, _annotations: Value | None, document: Fields
) -> BrokerDefaults | None:
    """Other keys than ours are left alone, such as `_example`."""
    data = document.need("data")
    keys = checker.fields(data) if data else None
    text = keys.need(_KEY) if keys else None
    value = read_embedded(checker, text) if text else None
    fields = checker.fields(value) if value else None
    if fields is None:
        return None
    cluster, namespaces = fields.take("clusterDefault"), fields.take("namespaceDefaults")
    fields.refuse_unknown()
    return BrokerDefaults(
        cluster=_entry(checker, cluster) if cluster else Defaults(),
        namespaces={
            name: _entry(checker, each)
            for name, each in _each(checker, namespaces)
            if _is_namespace(checker, name, each)
        },
    )


def _is_namespace(checker: Checker, name: str, value: Value) -> bool:
    if not is_namespace(name):
        checker.refuse(value, "is no name of a namespace; use lower-case letters, digits, hyphens")
    return is_namespace(name)


def _entry(checker: Checker, value: Value) -> Defaults:
    fields = checker.fields(value)
    if fields is None:
        return Defaults()
    name, classes = fields.take("brokerClass"), fields.take("brokerClasses")
    strict = fields.take("disallowDifferentNamespaceConfig")
    if strict is not None and not isinstance(strict.data, bool):
        checker.bad(strict, "true or false")
    delivery = _config(checker, fields)
    return Defaults(
        broker_class=(checker.text(name) or "") if name else "",
        delivery=delivery,
        classes={
            each: _config(checker, config) or Delivery()
            for each, written in _each(checker, classes)
            if (config := checker.fields(written)) is not None
        },
    )


def _config(checker: Checker, fields: Fields) -> Delivery | None:
    """The delivery beside a ref to a config, which is checked and not used."""
    written = fields.take("delivery")
    ref = {name: value for name in _REF if (value := fields.take(name)) is not None}
    fields.refuse_unknown()
    if ref:
        read_ref(checker, replace(fields.value, data=ref), "")
    if written is None:
        return Delivery() if ref else None
    return _copied(checker, written)


def _copied(checker: Checker, value: Value) -> Delivery:
    """What Knative copies into a Broker; the rest of the delivery is not."""
    delivery = read_delivery(checker, value, "") or Delivery()
    for name in ("timeout", "retryAfterMax", "format"):
        if isinstance(value.data, dict) and (written := value.data.get(name)) is not None:
            checker.warn(written, "is not taken over by Brokers, as in Knative")
    return replace(delivery, timeout_s=None, retry_after_max_s=None, format=None)


def _each(checker: Checker, value: Value | None) -> Iterator[tuple[str, Value]]:
    """The members of a mapping that are set."""
    fields = checker.fields(value) if value else None
    for name, each in (fields.value.data if fields else {}).items():
        if each.data is not None:
            yield name, each

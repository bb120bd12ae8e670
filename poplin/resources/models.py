"""Documents once they are checked, and what was wrong with the rest."""

from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from poplin.resources.parts import NOWHERE, Destination, Place, Problem, Ref, one_line
from poplin.resources.source_models import Source

__all__ = [
    "Broker",
    "BrokerDefaults",
    "Defaults",
    "Delivery",
    "Destination",
    "Document",
    "Identity",
    "Loaded",
    "Place",
    "Problem",
    "Ref",
    "Refused",
    "Secret",
    "Service",
    "Source",
    "Trigger",
    "one_line",
]


_D = TypeVar("_D")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A DeliverySpec as written; None is not set. Durations are seconds."""

    dead_letter_sink: Destination | None = None
    retry: int | None = None
    timeout_s: float | None = None
    backoff_policy: Literal["linear", "exponential"] | None = None
    backoff_delay_s: float | None = None
    retry_after_max_s: float | None = None
    format: Literal["json", "binary"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """`warnings` are sentences about what is legal but rarely meant; `spec_digest` tells whether
    a spec is another one. `refused_edit` is a sentence about a later version that is no good.
    """

    namespace: str
    name: str
    broker_class: str = ""
    delivery: Delivery | None = None
    annotations: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    spec_digest: str = ""
    refused_edit: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """`filters` are the elements that a compiler takes, made from whichever field applies;
    `dependency` is what `knative.dev/dependency` names; the rest as a Broker's.
    """

    namespace: str
    name: str
    broker: str
    subscriber: Destination
    filters: tuple[dict[str, Any], ...] = ()
    delivery: Delivery | None = None
    dependency: Ref | None = None
    annotations: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    spec_digest: str = ""
    refused_edit: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that says what it is, but cannot be served."""

    kind: str
    namespace: str
    name: str
    message: str
    spec_digest: str = ""
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A v1 Service; only one of type ExternalName has an address outside a cluster."""

    namespace: str
    name: str
    external_name: str | None
    ports: tuple[tuple[str, int], ...] = ()
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A v1 Secret, decoded. Its values are for whoever opens a connection with them: they are in
    no message, no log and not in the catalog.
    """

    namespace: str
    name: str
    values: dict[str, bytes] = field(repr=False)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """Of the Brokers of a namespace, or of all: by class, and for the others.

    `delivery` None is nothing at all, neither a delivery nor a config, which in Knative is looked
    for elsewhere; an empty one has no retries.
    """

    broker_class: str = ""
    delivery: Delivery | None = None
    classes: dict[str, Delivery] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerDefaults:
    """The ConfigMap config-br-defaults."""

    namespaces: dict[str, Defaults]
    cluster: Defaults
    place: Place = field(default=NOWHERE, compare=False)

    def delivery(self, namespace: str, broker_class: str) -> Delivery:
        """Of a Broker that has none of its own; the class is empty where it names none."""
        own = self.namespaces.get(namespace, Defaults())
        broker_class = broker_class or own.broker_class
        found = own.delivery if broker_class == own.broker_class else own.classes.get(broker_class)
        if found is not None:
            return found
        others = self.cluster.delivery or Delivery()
        if broker_class in ("", self.cluster.broker_class):
            return others
        return self.cluster.classes.get(broker_class, others)


Identity = tuple[str, str, str]
"""kind, namespace, name."""

Document = Broker | Trigger | Source | Service | Secret | BrokerDefaults | Refused


@dataclass(slots=True)
class Loaded:
    """What the files hold. Notes are said once and need no mending."""

    documents: dict[Identity, Document] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def brokers(self) -> list[Broker]:
        return self._all(Broker)

    @property
    def triggers(self) -> list[Trigger]:
        return self._all(Trigger)

    @property
    def sources(self) -> list[Source]:
        return self._all(Source)

    @property
    def services(self) -> list[Service]:
        return self._all(Service)

    @property
    def secrets(self) -> list[Secret]:
        return self._all(Secret)

    @property
    def defaults(self) -> BrokerDefaults | None:
        return next(iter(self._all(BrokerDefaults)), None)

    @property
    def refused(self) -> list[Refused]:
        return self._all(Refused)

    def _all(self, kind: type[_D]) -> list[_D]:
        return [each for each in self.documents.values() if isinstance(each, kind)]

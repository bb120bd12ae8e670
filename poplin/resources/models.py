"""Documents once they are checked: Broker, Trigger and Service, and what was wrong with the rest."""

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = [
    "Broker",
    "Delivery",
    "Destination",
    "Loaded",
    "Place",
    "Problem",
    "Ref",
    "Refused",
    "Service",
    "Trigger",
    "one_line",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to mend; `where` is the kind and name of the document, if it got that far.

    `line` 0 is the file as a whole.
    """

    file: str
    line: int
    message: str
    where: str = ""
    path: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        parts = (place, self.where, self.path, self.message)
        return ": ".join(one_line(part) for part in parts if part)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document begins."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


_NOWHERE = Place("", 0)


def one_line(text: str) -> str:
    """Fit to be shown: what a file holds must not forge a log line or drive a terminal."""
    shown = text if len(text) <= 1000 else text[:997] + "..."
    if shown.isprintable():
        return shown
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """A KReference. `version` is empty where only a group was given."""

    kind: str
    name: str
    namespace: str
    group: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where events go: a ref, an absolute URI, or a ref with a URI relative to its address."""

    ref: Ref | None = None
    uri: str | None = None


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
    a spec is another one.
    """

    namespace: str
    name: str
    delivery: Delivery | None = None
    annotations: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    spec_digest: str = ""
    place: Place = field(default=_NOWHERE, compare=False)


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
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that says what it is, but cannot be served."""

    kind: str
    namespace: str
    name: str
    message: str
    spec_digest: str = ""
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A v1 Service; only one of type ExternalName has an address outside a cluster."""

    namespace: str
    name: str
    external_name: str | None
    ports: tuple[tuple[str, int], ...] = ()
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(slots=True)
class Loaded:
    """What the files hold. Notes are said once and need no mending."""

    brokers: list[Broker] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    services: list[Service] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

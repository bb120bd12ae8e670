"""What the data plane knows of a broker and a trigger: resolved, defaulted, ready to use.

Whoever owns the truth (files in `poplin up`, the controller on Kubernetes) writes these
records; ingress and dispatcher read them and never look at YAML.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["BrokerRecord", "Condition", "DeliveryPolicy", "Judged", "TriggerRecord", "Verdict"]

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPolicy:
    """The effective DeliverySpec of a trigger. Durations are seconds.

    `backoff_delay_s` 0 means retries follow at once; `retry_after_max_s` None means that a
    Retry-After header is not heeded.
    """

    retry: int = 0
    backoff_policy: Literal["linear", "exponential"] = "exponential"
    backoff_delay_s: float = 0.0
    backoff_max_s: float = 3600.0
    timeout_s: float = 30.0
    retry_after_max_s: float | None = None
    format: Literal["binary", "json"] | None = None
    dead_letter_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerRecord:
    """One broker. Sizes are bytes, durations seconds.

    New events go to the first `partitions`. After that number was lowered the others may hold
    events still, so dispatchers serve `most_partitions`, which `publish` remembers.
    """

    namespace: str
    name: str
    partitions: int = 1
    most_partitions: int = 1
    retention_s: float = 86_400.0
    retention_bytes: int = 256 * MEBIBYTE
    journal_bytes: int = 64 * MEBIBYTE
    rate_limit: int | None = None
    """Events a second over all ingress processes together."""
    dedupe_window_s: float | None = None
    """How long an event's repeats are dropped."""
    keyed: bool = False
    """Some trigger is ordered: an event without a partitionkey goes to a partition by its source."""

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def served(self) -> int:
        """How many partitions may hold events."""
        return max(self.partitions, self.most_partitions)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRecord:
    """One trigger that can be served. `uid` names its queues and outlives edits.

    `filters` is what `poplin.filters.compile_filters` takes: the `spec.filters` list as written,
    or, where that is empty, one `attributes` element made from `spec.filter`.
    """

    uid: str
    namespace: str
    name: str
    broker: str
    subscriber_uri: str
    filters: tuple[dict[str, Any], ...] = ()
    delivery: DeliveryPolicy = field(default_factory=DeliveryPolicy)
    max_in_flight: int = 64
    dead_letter_retention_s: float = 604_800.0
    reply_policy: Literal["ignore", "strict"] = "ignore"
    header_encoding: Literal["keep", "spec"] = "keep"
    paused: bool = False
    """By its annotation; an operator may pause it too, see `pauses`."""
    ordering: Literal["none", "partitionkey"] = "none"

    @property
    def is_ordered(self) -> bool:
        return self.ordering == "partitionkey"

    @property
    def key(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def broker_key(self) -> str:
        return f"{self.namespace}/{self.broker}"


@dataclass(frozen=True, slots=True)
class Condition:
    """One of Knative's conditions; `type` and `reason` are Knative's own words."""

    type: str
    status: Literal["True", "False", "Unknown"]
    reason: str = ""
    message: str = ""


class Judged:
    """What has conditions: one of them is Ready."""

    __slots__ = ()
    conditions: tuple[Condition, ...]

    @property
    def ready(self) -> bool:
        return self.condition("Ready").status == "True"

    def condition(self, kind: str) -> Condition:
        """The one of that type; Unknown when there is none."""
        unknown = Condition(kind, "Unknown")
        return next((each for each in self.conditions if each.type == kind), unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict(Judged):
    """What is true of an object, for people to see: one that is not Ready may have no record.

    `warnings` leave it Ready. `broker` is a Trigger's. A URI is None while it is not known.
    """

    kind: Literal["Broker", "Trigger"]
    namespace: str
    name: str
    conditions: tuple[Condition, ...] = ()
    warnings: tuple[str, ...] = ()
    broker: str = ""
    address_url: str | None = None
    subscriber_uri: str | None = None
    dead_letter_sink_uri: str | None = None
    observed_generation: int = 1
    """1 when first seen, and one more with each change of the spec."""
    spec_digest: str = ""
    """Tells a change of the spec."""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"

    @property
    def reason(self) -> str:
        """Why it is not Ready."""
        return self.condition("Ready").reason

    @property
    def message(self) -> str:
        return self.condition("Ready").message

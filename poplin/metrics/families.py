"""Every metric there is: its name, labels and meaning. docs/monitoring.md shows this table."""

from dataclasses import dataclass
from typing import Literal, get_args

__all__ = [
    "ACCEPTED",
    "ATTEMPTS",
    "BACKLOG",
    "BUCKETS_S",
    "BUILD",
    "CATALOG_VERSION",
    "CLASSES",
    "DEAD",
    "DEAD_LETTERS",
    "DELIVERED",
    "DISPATCHERS",
    "DISPATCH_DURATION",
    "FAMILIES",
    "FILTERED",
    "INGRESS_DURATION",
    "IN_FLIGHT",
    "OLDEST_AGE",
    "REASONS",
    "REDRIVEN",
    "REFUSED",
    "REPEATED",
    "REPLAYED",
    "RETRIES",
    "RETRYING",
    "ROUTED",
    "SINK_FAILURES",
    "SOURCES_UP",
    "SOURCE_EMITTED",
    "SOURCE_EMIT_DURATION",
    "SOURCE_FOUND",
    "SOURCE_LAG",
    "SOURCE_READY",
    "SOURCE_REASONS",
    "SOURCE_RECEIVED",
    "SOURCE_REFUSED",
    "SOURCE_RELISTS",
    "SOURCE_SINK_FAILURES",
    "STORE_LIMIT",
    "STORE_UP",
    "STORE_USED",
    "Family",
    "Reason",
    "SinkFailure",
    "SourceReason",
    "StatusClass",
    "status_class",
]

Reason = Literal[
    "backlog",
    "busy",
    "internal",
    "invalid",
    "not_allowed",
    "rate_limited",
    "starting",
    "store_away",
    "store_full",
    "store_refuses",
    "timeout",
    "too_large",
    "unknown_broker",
    "unsupported",
]
"""Why the ingress refuses a request. Closed, so that no client can invent a series."""

StatusClass = Literal["2xx", "3xx", "4xx", "5xx", "failed"]

SourceReason = Literal[
    "bad_signature",
    "busy",
    "internal",
    "invalid",
    "not_allowed",
    "not_ready",
    "sink_away",
    "sink_refuses",
    "timeout",
    "too_large",
    "too_old",
    "unknown_source",
]
"""Why a source does not take a webhook, or its sink an event. Closed for the same reason."""

SinkFailure = Literal["connect", "timeout", "3xx", "4xx", "5xx"]
"""What an attempt to emit ended with: no connection or none that held, no answer, or this one."""

REASONS: tuple[Reason, ...] = get_args(Reason)
CLASSES: tuple[StatusClass, ...] = get_args(StatusClass)
SOURCE_REASONS: tuple[SourceReason, ...] = get_args(SourceReason)
SINK_FAILURES: tuple[SinkFailure, ...] = get_args(SinkFailure)

BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""Upper bounds, inclusive, as Knative's; one more bucket has the rest."""

ACCEPTED = "poplin_events_accepted_total"
REPEATED = "poplin_events_repeated_total"
REFUSED = "poplin_events_refused_total"
ROUTED = "poplin_events_routed_total"
FILTERED = "poplin_events_filtered_total"
ATTEMPTS = "poplin_attempts_total"
DELIVERED = "poplin_events_delivered_total"
RETRIES = "poplin_retries_total"
DEAD_LETTERS = "poplin_dead_letters_total"
REDRIVEN = "poplin_redriven_total"
REPLAYED = "poplin_replayed_total"
DISPATCH_DURATION = "kn_eventing_dispatch_duration_seconds"
INGRESS_DURATION = "poplin_ingress_duration_seconds"
BACKLOG = "poplin_backlog"
IN_FLIGHT = "poplin_in_flight"
RETRYING = "poplin_retrying"
DEAD = "poplin_dead_letters"
OLDEST_AGE = "poplin_oldest_age_seconds"
STORE_UP = "poplin_store_up"
STORE_USED = "poplin_store_memory_used_bytes"
STORE_LIMIT = "poplin_store_memory_limit_bytes"
DISPATCHERS = "poplin_dispatchers"
CATALOG_VERSION = "poplin_catalog_version"
SOURCE_RECEIVED = "poplin_source_received_total"
SOURCE_REFUSED = "poplin_source_refused_total"
SOURCE_EMITTED = "poplin_source_emitted_total"
SOURCE_SINK_FAILURES = "poplin_source_sink_failures_total"
SOURCE_EMIT_DURATION = "poplin_source_emit_duration_seconds"
SOURCE_RELISTS = "poplin_source_relists_total"
SOURCE_FOUND = "poplin_source_found_total"
SOURCE_LAG = "poplin_source_lag_seconds"
SOURCE_READY = "poplin_source_ready"
SOURCES_UP = "poplin_sources_up"
BUILD = "poplin_build_info"

_BROKER = ("namespace_name", "broker_name")
_TRIGGER = (*_BROKER, "trigger_name")
_CLASS = "response_code_class"
_SOURCE = ("source_kind", "namespace_name", "source_name")
"""In the order of a source's key, which names its series."""


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `meaning` is a sentence without its stop, for people."""

    name: str
    kind: Literal["counter", "histogram", "gauge"]
    labels: tuple[str, ...]
    meaning: str


_ALL = (
    Family(
        ACCEPTED, "counter", _BROKER,
        "Events answered with 202; those of a batch count each",
    ),
    Family(
        REPEATED, "counter", _BROKER,
        "Of these and of the replies of subscribers, dropped as repeats (`poplin.dev/dedupe-window`)",
    ),
    Family(
        REFUSED, "counter", (*_BROKER, "reason"),
        "Requests answered otherwise, a batch once; both names are empty where the broker is not "
        "known",
    ),
    Family(
        INGRESS_DURATION, "histogram", _BROKER,
        "From a request's last byte to its 202",
    ),
    Family(
        ROUTED, "counter", _BROKER,
        "Events that the dispatchers have read from the log and held against the triggers' filters",
    ),
    Family(
        FILTERED, "counter", _TRIGGER,
        "Routed events that this trigger did not want",
    ),
    Family(
        ATTEMPTS, "counter", (*_TRIGGER, _CLASS),
        "Requests to the subscriber or the dead-letter sink; `failed` where none, or no HTTP, came "
        "back",
    ),
    Family(
        DISPATCH_DURATION, "histogram", (*_TRIGGER, _CLASS),
        "How long these requests took",
    ),
    Family(
        DELIVERED, "counter", _TRIGGER,
        "Events that the subscriber took",
    ),
    Family(
        RETRIES, "counter", _TRIGGER,
        "Failed attempts after which another one follows",
    ),
    Family(
        DEAD_LETTERS, "counter", _TRIGGER,
        "Events given up for the subscriber: on their way to the dead-letter sink, or kept",
    ),
    Family(
        REDRIVEN, "counter", _TRIGGER,
        "Dead letters put into the queue again",
    ),
    Family(
        REPLAYED, "counter", _TRIGGER,
        "Old events put into the queue again",
    ),
    Family(
        BACKLOG, "gauge", _TRIGGER,
        "Events in the queue: waiting, in flight or to be retried",
    ),
    Family(
        IN_FLIGHT, "gauge", _TRIGGER,
        "Of these, leased by a dispatcher",
    ),
    Family(
        RETRYING, "gauge", _TRIGGER,
        "Of these, attempted and waiting for the next attempt",
    ),
    Family(
        DEAD, "gauge", _TRIGGER,
        "Dead letters that are kept",
    ),
    Family(
        OLDEST_AGE, "gauge", _TRIGGER,
        "Since the oldest event in the queue was accepted; 0 with an empty queue",
    ),
    Family(
        SOURCE_RECEIVED, "counter", _SOURCE,
        "What came: webhooks whose signature is right, pings included, changes in a cluster and ticks; "
        "also what the sink did not take",
    ),
    Family(
        SOURCE_REFUSED, "counter", (*_SOURCE, "reason"),
        "Requests to the receiver that were not taken, their names empty where the source is not "
        "known; and events of other sources that the sink refuses for good",
    ),
    Family(
        SOURCE_EMITTED, "counter", _SOURCE,
        "Events that the source's sink took",
    ),
    Family(
        SOURCE_SINK_FAILURES, "counter", (*_SOURCE, "reason"),
        "Attempts to give an event to the sink that failed, of which several may be of one event",
    ),
    Family(
        SOURCE_EMIT_DURATION, "histogram", _SOURCE,
        "From a webhook's last byte, or a change or tick, to the 2xx of the sink, further attempts "
        "included",
    ),
    Family(
        SOURCE_RELISTS, "counter", _SOURCE,
        "Lists of an ApiServerSource that were compared with what is remembered, because the API "
        "server's history did not reach back",
    ),
    Family(
        SOURCE_FOUND, "counter", _SOURCE,
        "Changes that were found by comparing, not seen when they happened",
    ),
    Family(
        SOURCE_LAG, "gauge", _SOURCE,
        "Of the newest event: from when it happened, or came if it does not say, to the sink's 2xx",
    ),
    Family(
        SOURCE_READY, "gauge", _SOURCE,
        "1 while the source is Ready, and 0 while nobody serves it",
    ),
    Family(
        SOURCES_UP, "gauge", (),
        "1 while the service of the sources is alive; missing where there are no sources",
    ),
    Family(
        STORE_UP, "gauge", (),
        "1 while the store answers; at 0 all other figures are missing",
    ),
    Family(
        STORE_USED, "gauge", (),
        "Memory that the store uses; of several servers, the fullest",
    ),
    Family(
        STORE_LIMIT, "gauge", (),
        "Its maxmemory; 0 where there is none",
    ),
    Family(
        DISPATCHERS, "gauge", (),
        "Dispatchers that have said within 2 s that they are alive",
    ),
    Family(
        CATALOG_VERSION, "gauge", (),
        "Version of the brokers and triggers in force; every change raises it",
    ),
    Family(
        BUILD, "gauge", ("version",),
        "Always 1; the label has the console's version",
    ),
)  # fmt: skip

FAMILIES = {family.name: family for family in _ALL}


def status_class(status: int) -> StatusClass:
    """RFC 9110 15: what is no valid status counts as 5xx."""
    return _CLASS_OF.get(status // 100, "5xx")


_CLASS_OF: dict[int, StatusClass] = {2: "2xx", 3: "3xx", 4: "4xx"}

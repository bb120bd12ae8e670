"""What a trace tells. Times are µs of the store's clock."""

from dataclasses import dataclass
from typing import Literal

from poplin.grave import Grave

__all__ = ["Attempt", "AttemptOutcome", "EventTrace", "Match", "Outcome", "Trace"]

Outcome = Literal[
    "delivered", "filtered", "retrying", "in flight", "waiting", "dead", "unknown"
]  # fmt: skip
"""`dead` is given up for the subscriber, whether the letter is kept, purged, or was taken by a
dead-letter sink: `why` says which. `unknown` is honest: what would tell is not kept any more.
"""

AttemptOutcome = Literal["delivered", "retrying", "dead", "given back"]
"""`given back` was not sent, or by a dispatcher that stopped meanwhile: it is no attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt that has ended, or an entry given back. `ms` is how long it took."""

    time_us: int
    """When it was written down, which is after the answer."""
    attempt: int
    """It starts at 1 again after a redrive, after a replay, and for the dead-letter sink."""
    to: Literal["subscriber", "dead-letter sink"]
    status: int
    """0 where nothing was sent; as Knative reports it where no answer came."""
    ms: int
    outcome: AttemptOutcome
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What became of an event at one trigger."""

    trigger: str
    """`namespace/name`, or the uid of one that was removed from the catalog."""
    outcome: Outcome
    why: str
    attempts: tuple[Attempt, ...] = ()
    """The newest hundred, oldest first."""
    next_us: int | None = None
    """When it is attempted next, for what waits; it may have passed."""
    grave: Grave | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTrace:
    """One entry of a log that has the id. Of a trimmed one `source` and `type` are not known."""

    broker: str
    log_id: str
    """`partition:stream id`."""
    source: str
    type: str
    accepted_us: int
    state: Literal["kept", "trimmed"]
    matches: tuple[Match, ...]
    """Of every trigger of the broker, by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Every entry with the id, newest first. Without one the event was never seen, or is older
    than anything that is kept.
    """

    id: str
    events: tuple[EventTrace, ...]
    notes: tuple[str, ...] = ()
    """What was left out, in sentences: bounds that were reached."""

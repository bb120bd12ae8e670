"""What goes into the log's scripts and comes out of them."""

from dataclasses import dataclass, field
from typing import NamedTuple, NewType

__all__ = [
    "BEGINNING",
    "BURIED_AS_POISON_AT",
    "DONE",
    "FREED",
    "GONE",
    "LEASE_S",
    "RENEW_S",
    "Appended",
    "Burial",
    "Deferral",
    "Entry",
    "Held",
    "Leased",
    "LeasedEntry",
    "LogId",
    "Matches",
    "QueueFigures",
    "Replayed",
    "Routed",
    "Token",
    "Usage",
    "is_before",
    "ordinal",
]

LogId = NewType("LogId", bytes)
"""A stream id, `milliseconds-sequence`."""


BEGINNING = LogId(b"0-0")

Token = NewType("Token", int)
"""The negative time that a lease wrote: minus the µs at which it runs out."""

LEASE_S = 10.0
RENEW_S = 3.0
BURIED_AS_POISON_AT = 5
"""Leases of one entry that may run out before it is buried instead of sent."""


GONE, DONE, FREED = 0, 1, 2
"""What became of an item: the lease was lost and nothing changed; it is done; it is done, and
another entry of the trigger, which waited behind it, is due now.
"""


class Entry(NamedTuple):
    """An event as the log keeps it: attributes as JSON, headers as JSON or None, data."""

    attributes: bytes
    headers: bytes | None
    data: bytes


class Appended(NamedTuple):
    """Entries of which repeats were left out."""

    ids: list[LogId]
    """Of each entry; a repeat's is that of the first, which may be trimmed already."""
    repeats: int


class Held(NamedTuple):
    """An entry that the caller leased for a trigger, as long as `token` is still its time."""

    uid: str
    id: LogId
    token: Token


class Deferral(NamedTuple):
    held: Held
    delay_s: float
    counts: bool
    """Whether an attempt was made; an entry given back unsent does not count."""


class Burial(NamedTuple):
    held: Held
    grave: bytes
    has_sink: bool
    """Due now for the dead-letter sink; without one, dead at once."""


@dataclass(slots=True)
class Matches:
    """The ids that one trigger wants, in log order; the first `leased` are for the caller.

    Those of an ordered trigger line up by key. The caller leases none: the log knows which are
    not parked.
    """

    ids: list[LogId] = field(default_factory=list)
    leased: int = 0
    is_ordered: bool = False


class Replayed(NamedTuple):
    """What became of old entries that were to be queued again; those not counted are gone."""

    replayed: int
    waiting: int
    """In the queue already: they come once."""
    unrouted: int
    """Not routed yet: they come anyway, if they match."""


@dataclass(frozen=True, slots=True)
class Routed:
    """`token` holds for every leased match; None means stale: read the position anew."""

    token: Token | None


@dataclass(frozen=True, slots=True)
class LeasedEntry:
    """One entry to attempt. `entry` is None if the log has lost it, which must never be."""

    id: LogId
    tries: int
    crashes: int
    first_us: int | None
    grave: bytes | None
    entry: Entry | None
    replay: str | None = None
    """The mark of the replay that put it into the queue again."""


@dataclass(frozen=True, slots=True)
class Leased:
    """`next_due_s` is how long until another entry falls due; None when none waits."""

    token: Token
    entries: list[LeasedEntry]
    next_due_s: float | None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """What waits for one trigger in one partition, at one moment."""

    backlog: int = 0
    """Entries that are owed and not dead, whatever else is said of them."""
    in_flight: int = 0
    """Of the backlog: leased."""
    retrying: int = 0
    """Of the backlog: an attempt failed and the time of the next has not come."""
    dead: int = 0
    oldest_us: int | None = None
    """When the oldest of the backlog was accepted, by the store's clock; None when nothing waits.
    Of a backlog of thousands it is an estimate, which may be too young.
    """

    def __add__(self, other: "QueueFigures") -> "QueueFigures":
        """Of two partitions together."""
        known = [each.oldest_us for each in (self, other) if each.oldest_us is not None]
        return QueueFigures(
            self.backlog + other.backlog,
            self.in_flight + other.in_flight,
            self.retrying + other.retrying,
            self.dead + other.dead,
            min(known, default=None),
        )


# Measured on Valkey 9 and Redis 7, in bytes: a field of `refs` takes 41-84, a member of `due` or
# `dead` 77-129, and what `tries` keeps of an entry that was attempted 113-178, which not all
# were. A grave, 300 and more, is not counted.
_ENTRY_BYTES = 80
_REFERENCE_BYTES = 150


@dataclass(frozen=True, slots=True)
class Usage:
    """How much memory the server uses, as it counts for `limit` (maxmemory; 0 is none), and
    what of it a partition keeps: estimates, all 0 where they were not asked for.
    """

    used: int
    limit: int
    entries: int = 0
    log_bytes: int = 0
    owed_entries: int = 0
    """Some trigger's, due or dead, or not routed yet."""
    references: int = 0
    """How many due and dead sets hold them, one by one."""
    journal_bytes: int = 0

    @property
    def fullness(self) -> float:
        """As a share of the limit."""
        return self.used / self.limit if self.limit else 0.0

    @property
    def owed_bytes(self) -> int:
        """What nobody may take away, its places in the queues included."""
        queued = self.owed_entries * _ENTRY_BYTES + self.references * _REFERENCE_BYTES
        return self.log_bytes - self.settled_bytes + queued

    @property
    def settled_bytes(self) -> int:
        """Of the log: the window for replay."""
        return self.log_bytes * (self.entries - self.owed_entries) // max(1, self.entries)


def is_before(one: LogId, other: LogId) -> bool:
    """In log order."""
    return ordinal(one) < ordinal(other)


def ordinal(log_id: LogId) -> tuple[int, ...]:
    """To sort by: the ids' text is of different lengths."""
    return tuple(map(int, log_id.split(b"-")))

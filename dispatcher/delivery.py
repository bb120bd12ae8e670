"""One entry on its way to one trigger's subscriber, and what can become of the attempt.

An outcome's `kind` and `note` are what the journal has of it.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from poplin.log import Entry, Held, LogId, Token
from poplin.log.journal import Kind

if TYPE_CHECKING:
    from dispatcher.lane import Lane

__all__ = [
    "BYTES_BESIDE_ENTRY",
    "Buried",
    "Deferred",
    "Delivery",
    "Outcome",
    "Settled",
    "held_bytes",
]

BYTES_BESIDE_ENTRY = 8192
"""What a delivery takes of memory however small its event: task, connection, buffers."""


@dataclass(slots=True, eq=False)
class Delivery:
    """An entry that this process leased. `token` changes when the lease is renewed."""

    lane: "Lane"
    id: LogId
    token: Token
    entry: Entry
    tries: int = 0
    crashes: int = 0
    first_us: int | None = None
    grave: bytes | None = None
    """Why it was given up, when it is on its way to the dead-letter sink."""
    replay: str | None = None
    """The replay that put it into the queue again."""

    @property
    def size(self) -> int:
        return held_bytes(self.entry)

    @property
    def attempt(self) -> int:
        return self.tries + 1

    @property
    def held(self) -> Held:
        return Held(self.lane.record.uid, self.id, self.token)


def held_bytes(entry: Entry) -> int:
    """What its delivery counts for in the budget."""
    attributes, headers, data = entry
    return BYTES_BESIDE_ENTRY + len(attributes) + len(headers or b"") + len(data)


@dataclass(frozen=True, slots=True)
class Settled:
    """Delivered. `status` is the subscriber's; `note` says what was odd, if anything."""

    kind: ClassVar[Kind] = "s"
    status: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Deferred:
    """To be tried again after `delay_s`; `counts` unless it is given back unsent."""

    delay_s: float
    status: int
    reason: str
    counts: bool = True

    @property
    def kind(self) -> Kind:
        return "d" if self.counts else "g"

    @property
    def note(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Buried:
    """Given up, with the whole grave; due again for the dead-letter sink if `has_sink`."""

    kind: ClassVar[Kind] = "b"
    grave: bytes
    has_sink: bool
    status: int
    reason: str

    @property
    def note(self) -> str:
        return self.reason


Outcome = Settled | Deferred | Buried

"""What the sources count: what came, what was refused, and how the sinks fared."""

from poplin.metrics import Counts, SinkFailure, SourceReason
from poplin.metrics.families import (
    SOURCE_EMIT_DURATION,
    SOURCE_EMITTED,
    SOURCE_FOUND,
    SOURCE_RECEIVED,
    SOURCE_REFUSED,
    SOURCE_RELISTS,
    SOURCE_SINK_FAILURES,
)

__all__ = ["Tally"]

_UNKNOWN = "//"
"""Stands for no kind, namespace and name: what clients invent must make no series."""


class Tally:
    """Of all sources of a process, each by its key."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def received(self, source: str) -> None:
        """A webhook whose signature is right, a change or a tick, whatever becomes of it then."""
        self._counts.add((SOURCE_RECEIVED, source))

    def refused(self, source: str | None, reason: SourceReason) -> None:
        """A request that was not taken, at a path of no source where there is None; or an event
        that the sink refuses for good.
        """
        self._counts.add((SOURCE_REFUSED, source or _UNKNOWN, reason))

    def emitted(self, source: str, seconds: float) -> None:
        """The sink took an event, so long after the last byte of its webhook, or after it came."""
        self._counts.add((SOURCE_EMITTED, source))
        self._counts.observe((SOURCE_EMIT_DURATION, source), seconds)

    def sink_failed(self, source: str, reason: SinkFailure) -> None:
        """One attempt; another one may follow."""
        self._counts.add((SOURCE_SINK_FAILURES, source, reason))

    def relisted(self, source: str) -> None:
        """A list is compared with what is remembered: the history does not reach back."""
        self._counts.add((SOURCE_RELISTS, source))

    def found(self, source: str, changes: int) -> None:
        """So many by comparing."""
        self._counts.add((SOURCE_FOUND, source), changes)

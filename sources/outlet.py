"""The way of one source that acts by itself to its sink: again and again, until it has the event."""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from poplin.errors import ConfigurationError
from poplin.event import Event
from poplin.metrics import SourceReason
from poplin.resources import ResolvedSource
from poplin.sender import Target
from sources.complaints import Complaints
from sources.emit import Emitter, SinkError
from sources.pauses import pause_s
from sources.standing import Standing
from sources.tally import Tally
from sources.turn import Held

__all__ = ["Outlet", "Outlets"]

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_LONGEST_ASKED_S = 3600.0
"""A sink may ask to be left alone for so long."""
_FINAL = frozenset({400, 413, 415, 422})
"""These say that it is the event: it would be refused for ever, and hold up all that follow. Any
other refusal, rights and redirects among them, can be mended at the sink."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """What all ways share."""

    emitter: Emitter
    emit_timeout_s: float
    """Of a row of attempts; growing pauses lie between the rows."""
    tally: Tally
    lost: Complaints
    """Of events that the sink refuses for good."""
    waiting: Complaints
    """Of those that it does not take now."""

    def open(self, resolved: ResolvedSource, standing: Standing) -> "Outlet":
        """Raises ConfigurationError where there is no way."""
        source, sink_uri = resolved.source, resolved.sink_uri
        if source is None or sink_uri is None:
            raise ConfigurationError(f"{resolved.status.key} has no sink")
        return Outlet(
            shared=self,
            key=source.key,
            standing=standing,
            overrides=dict(source.overrides),
            target=Target.parse(sink_uri),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Any number of events may be under way; none waits for another. `overrides` are set on each."""

    shared: Outlets
    key: str
    standing: Standing
    overrides: Mapping[str, str]
    target: Target

    async def put(self, event: Event, held: Held, *, happened_s: float | None = None) -> bool:
        """True once the sink answered 2xx. False when it refuses the event for good, which is then
        lost: that is counted, logged and told by EventsAccepted.

        Otherwise it goes on trying for as long as it takes. Raises TurnLostError, before an
        attempt. `happened_s`, since the epoch, is from when its lag counts; None is now.
        """
        self.shared.tally.received(self.key)
        if self.overrides:
            event = event.with_attributes(self.overrides)
        began_s = time.monotonic()
        failures = 0
        while (error := await self._try(event, held)) is not None:
            if error.status in _FINAL:
                self._lost(event, error)
                return False
            failures += 1
            self._waits(error)
            await asyncio.sleep(_wait_s(failures, error))
        # Dying on the line before, the sink has an event that nobody remembers to have sent: it
        # is sent again, with the same source and id.
        seconds = time.monotonic() - began_s
        self.shared.tally.emitted(self.key, seconds)
        lag_s = seconds if happened_s is None else max(0.0, time.time() - happened_s)
        self.standing.emitted(len(event.data), lag_s)
        return True

    async def _try(self, event: Event, held: Held) -> SinkError | None:
        try:
            await self.shared.emitter.emit(
                self.target,
                event,
                asyncio.get_running_loop().time() + self.shared.emit_timeout_s,
                lambda failure: self.shared.tally.sink_failed(self.key, failure),
                check=held.check,
            )
        except SinkError as error:
            return error
        return None

    def _lost(self, event: Event, error: SinkError) -> None:
        reason: SourceReason = "too_large" if error.status == 413 else "sink_refuses"
        self.shared.tally.refused(self.key, reason)
        if error.status == 413:
            self.standing.too_large(len(event.data))
        else:
            self.standing.sink_failed("SinkRefuses", str(error))
        why = f"event {event.attributes['id']}: {error}"
        self.shared.lost.refused(self.key, reason, error.status, why)

    def _waits(self, error: SinkError) -> None:
        self.standing.sink_failed("SinkRefuses" if error.is_final else "SinkAway", str(error))
        reason: SourceReason = "sink_refuses" if error.is_final else "sink_away"
        self.shared.waiting.refused(self.key, reason, error.status, str(error))


def _wait_s(failures: int, error: SinkError) -> float:
    own_s = pause_s(
        failures,
        random.random(),  # noqa: S311
        first_s=_FIRST_PAUSE_S,
        longest_s=_LONGEST_PAUSE_S,
    )
    return max(own_s, min(error.retry_after_s or 0.0, _LONGEST_ASKED_S))

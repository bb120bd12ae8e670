"""One source's webhook: verified, mapped, emitted, and only then answered 202."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Protocol

from poplin.event import Event
from poplin.sender import Target
from sources.emit import Emitter, SinkError
from sources.standing import Standing
from sources.tally import Tally
from sources.webhooks.answers import ACCEPTED, Answer, handled, refusal, refused
from sources.webhooks.values import Handled, Mapper, RefusedError, Request, Verifier

__all__ = ["Closed", "Hook", "Taker"]

_LEAST_WAIT_S = 5
_MOST_WAIT_S = 3600


class Taker(Protocol):
    """What stands at the path of a source."""

    @property
    def key(self) -> str:
        """The source's."""

    @property
    def standing(self) -> Standing: ...

    async def take(self, request: Request, /) -> Answer:
        """Never raises for anything that a provider or a sink does."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A source that cannot be served: without its secrets nothing can be verified, and without a
    sink nothing can be kept, so that nothing is taken.
    """

    key: str
    standing: Standing

    async def take(self, _request: Request) -> Answer:
        return refusal(503, "not_ready", "this source is not ready; deliver again later")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A source that is served. An edit puts another one in its place; what this one has under way
    it finishes. `overrides` are set on every event, and `accepted` is said when the sink has it.
    """

    key: str
    standing: Standing
    verifier: Verifier
    mapper: Mapper
    overrides: Mapping[str, str]
    target: Target
    emitter: Emitter
    emit_timeout_s: float
    tally: Tally
    accepted: Answer = ACCEPTED

    async def take(self, request: Request) -> Answer:
        try:
            self.verifier.verify(request)
            self.tally.received(self.key)
            self.standing.received()
            found = self.mapper.event(request)
        except RefusedError as error:
            return refused(error)
        if isinstance(found, Handled):
            self.standing.received(found.note)
            return handled(found)
        if self.overrides:
            found = found.with_attributes(self.overrides)
        return await self._emit(found, request.now_s)

    async def _emit(self, event: Event, now_s: float) -> Answer:
        loop = asyncio.get_running_loop()
        began = loop.time()
        try:
            await self.emitter.emit(
                self.target,
                event,
                began + self.emit_timeout_s,
                lambda failure: self.tally.sink_failed(self.key, failure),
            )
        except SinkError as error:
            return self._not_taken(error, event)
        # Dying on the line before, the provider has no answer, and dying on the line after, it
        # may have none: to it the delivery failed, and when it comes again, the event has the
        # same source and id. What has been answered 202 the sink has.
        seconds = loop.time() - began
        self.tally.emitted(self.key, seconds)
        self.standing.emitted(len(event.data), _lag_s(event, now_s, seconds))
        return self.accepted

    def _not_taken(self, error: SinkError, event: Event) -> Answer:
        """The provider is told no more of the sink than its status."""
        why = str(error)
        if error.status == 413:
            size = len(event.data)
            self.standing.too_large(size)
            detail = f"the sink refused an event of {size} bytes; have it take more and send again"
            return refusal(413, "too_large", detail, why=why)
        if error.is_final:
            self.standing.sink_failed("SinkRefuses", why)
            return refusal(502, "sink_refuses", why, why=why)
        self.standing.sink_failed("SinkAway", why)
        detail = "the sink takes nothing now; deliver again later"
        return refusal(503, "sink_away", detail, why=why, retry_after_s=_wait_s(error))


def _wait_s(error: SinkError) -> int:
    return min(max(ceil(error.retry_after_s or 0), _LEAST_WAIT_S), _MOST_WAIT_S)


def _lag_s(event: Event, now_s: float, seconds: float) -> float:
    """Since it happened; since it came, where it does not say."""
    try:
        happened = datetime.fromisoformat(str(event.attributes["time"])).timestamp()
    except (KeyError, ValueError, OverflowError):
        return seconds
    return max(0.0, time.time() - happened) if happened <= now_s else seconds

"""Fires the ticks of one timer, as long as it has the turn."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import structlog

from poplin.resources.source_models import PingSpec, Source
from poplin.schedule import Schedule, parse_schedule
from sources.finishing import finished
from sources.outlet import Outlet
from sources.standing import Standing
from sources.tally import Tally
from sources.timers.conditions import on_time, told_until, working
from sources.timers.due import Due, due_ticks, is_late
from sources.timers.events import ping, stamp
from sources.timers.memory import Memory, Progress
from sources.turn import Held

__all__ = ["Clock", "Timer"]

_JITTER_S = 0.5
_LOOK_S = 1.0
"""The clock on the wall is looked at so often: it may be set, or the machine may sleep."""
_FAR = timedelta(hours=1)
"""A clock that is set back by less is waited for, so that no tick is fired twice."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock on the wall, which may be set, and waiting by it."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    jitter: Callable[[], float] = random.random
    """From 0 to 1: how much of the longest delay a tick has."""


class Timer:
    """The worker of one PingSource."""

    def __init__(
        self,
        source: Source,
        spec: PingSpec,
        *,
        memory: Memory,
        outlet: Outlet,
        standing: Standing,
        tally: Tally,
        clock: Clock | None = None,
    ) -> None:
        self._source = source
        self._spec = spec
        self._memory = memory
        self._outlet = outlet
        self._standing = standing
        self._tally = tally
        self._clock = clock or Clock()
        self._schedule: Schedule = parse_schedule(spec.schedule, spec.timezone)
        self._digest = _digest(spec)

    async def run(self, held: Held) -> None:
        """Until it is cancelled."""
        progress = await self._begin(held)
        while True:
            progress = await self._settle(held, progress)
            await self._wait(progress)

    async def _begin(self, held: Held) -> Progress:
        """Where the last one stopped; of a new timer, or another schedule, from now on."""
        found = await self._memory.read()
        if found is None or found.schedule != self._digest:
            return await self._begin_now(held)
        return found

    async def _begin_now(self, held: Held) -> Progress:
        progress = Progress(last=self._clock.now(), schedule=self._digest)
        await self._memory.put(held, progress)
        return progress

    async def _settle(self, held: Held, progress: Progress) -> Progress:
        """All ticks that are due; one that gets late meanwhile is left for the next time."""
        now = self._clock.now()
        if progress.last - now > _FAR:
            self._log("the clock went back", last=stamp(progress.last))
            progress = await self._begin_now(held)
        due = due_ticks(
            self._schedule,
            now,
            last=progress.last,
            told=progress.missed.last if progress.missed else None,
            catch_up=self._spec.catch_up,
        )
        progress = await self._told(held, progress, due, now)
        self._say(progress, now)
        for tick in due.caught_up:
            progress = await self._fire(held, progress, tick)
        for tick in due.fresh:
            if is_late(tick, self._clock.now()):
                break
            progress = await self._fire(held, progress, tick)
        return progress

    async def _told(self, held: Held, progress: Progress, due: Due, now: datetime) -> Progress:
        if due.settled is not None:
            progress = replace(progress, last=due.settled)
        if due.missed is not None:
            progress = replace(progress, missed=due.missed, missed_at=now)
        # Remembered first: of two that take turns one tells, and the condition outlives both.
        if due.settled or due.missed:
            await self._memory.put(held, progress)
        if due.missed is not None:
            self._tally.missed(self._source.key, due.missed.count)
            missed = due.missed
            self._log(
                "ticks were missed",
                ticks=missed.number,
                first=stamp(missed.first),
                last=stamp(missed.last),
            )
        return progress

    async def _fire(self, held: Held, progress: Progress, tick: datetime) -> Progress:
        at = tick + timedelta(seconds=_JITTER_S * self._clock.jitter())
        delay_s = (at - self._clock.now()).total_seconds()
        if delay_s > 0:
            await self._clock.sleep(delay_s)
        return await finished(self._send(held, progress, tick))

    async def _send(self, held: Held, progress: Progress, tick: datetime) -> Progress:
        """If we die before it is remembered, the next one fires it again, with the same id."""
        event = ping(self._source, self._spec, tick)
        await self._outlet.put(event, held, happened_s=tick.timestamp())
        progress = replace(progress, last=tick)
        await self._memory.put(held, progress)
        return progress

    async def _wait(self, progress: Progress) -> None:
        """Until the next tick, until there is something else to say, or until the clock is far behind
        the last tick.
        """
        now = self._clock.now()
        self._say(progress, now)  # once more: the sink may have taken its time
        following = self._schedule.next_after(progress.last)
        until = told_until(progress)
        if until is not None and now < until < following:
            following = until
        while True:
            now = self._clock.now()
            left_s = (following - now).total_seconds()
            if left_s <= 0 or progress.last - now > _FAR:
                return
            await self._clock.sleep(min(left_s, _LOOK_S))

    def _say(self, progress: Progress, now: datetime) -> None:
        following = self._schedule.next_after(max(progress.last, now))
        self._standing.say(working(following))
        self._standing.say(on_time(progress, now, self._spec.catch_up))

    def _log(self, what: str, **fields: str) -> None:
        structlog.get_logger().warning(what, source=self._source.key, **fields)


def _digest(spec: PingSpec) -> str:
    text = f"{spec.timezone} {spec.schedule}"
    return blake2b(text.encode(), digest_size=8).hexdigest()

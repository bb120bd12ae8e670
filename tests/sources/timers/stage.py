"""What the tests of timers share: a clock that goes on while somebody sleeps, and a timer at work."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from poplin.catalog import Condition, SourceStatus
from poplin.metrics import Counts
from poplin.resources import ResolvedSource
from poplin.resources.models import Destination
from poplin.resources.source_models import PingSpec, Source
from poplin.sender import Sender
from sources.complaints import Complaints
from sources.emit import Emitter
from sources.outlet import Outlets
from sources.standing import Standing
from sources.tally import Tally
from sources.timers.kind import PingKind
from sources.timers.worker import Clock
from sources.turn import TurnLostError, turn_key
from tests.fabric import Received, Subscriber

__all__ = ["KEY", "Hold", "Wall", "at_work", "ids", "moment", "resolved", "stamps"]

KEY = "PingSource/default/night"


def moment(text: str) -> datetime:
    """Of one day, or with the day in front."""
    day = text if " " in text else f"2026-03-01 {text}"
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def stamps(first: str, count: int, step_s: int) -> list[str]:
    """As ids have them."""
    times = [moment(first) + timedelta(seconds=step_s * each) for each in range(count)]
    return [each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in times]


def ids(received: Sequence[Received]) -> list[str]:
    return [each.headers["ce-id"] for each in received]


class Wall:
    """Stands still but for sleepers, whom it takes along, as far as `until`: then it is parked."""

    def __init__(self, start: str) -> None:
        self.time = moment(start)
        self.naps: list[float] = []
        self.parked = asyncio.Event()
        self._until = self.time
        self._goes_on = asyncio.Event()

    def now(self) -> datetime:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        while self.time + timedelta(seconds=seconds) > self._until:
            self.parked.set()
            self._goes_on.clear()
            await self._goes_on.wait()
        self.time += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def let_go(self, text: str) -> None:
        self._until = moment(text)
        self.parked.clear()
        self._goes_on.set()

    async def go_to(self, text: str) -> None:
        """Returns when all has been done until then."""
        self.let_go(text)
        async with asyncio.timeout(20):
            await self.parked.wait()

    def clock(self, jitter: float = 0.0) -> Clock:
        return Clock(now=self.now, sleep=self.sleep, jitter=lambda: jitter)


@dataclass
class Hold:
    """A turn as its holder sees it, once it is given to it in the store."""

    redis: Redis
    token: str = "ours"  # noqa: S105 - of a turn
    key: str = turn_key(KEY)
    is_lost: bool = False

    def check(self) -> None:
        if self.is_lost:
            raise TurnLostError("lost")

    async def give(self) -> "Hold":
        await self.redis.set(self.key, self.token)
        return self


def resolved(spec: PingSpec, sink_uri: str = "http://127.0.0.1:1/") -> ResolvedSource:
    source = Source(
        kind="PingSource",
        namespace="default",
        name="night",
        sink=Destination(uri=sink_uri),
        spec=spec,
        overrides=(("team", "billing"),),
    )
    status = SourceStatus(
        kind="PingSource",
        api_version="sources.knative.dev/v1",
        namespace="default",
        name="night",
    )
    return ResolvedSource(status=status, source=source, sink_uri=sink_uri)


@dataclass
class AtWork:
    task: "asyncio.Task[None]"
    standing: Standing
    counts: Counts
    held: Hold

    def said(self, kind: str) -> Condition:
        return next(each for each in self.standing.conditions() if each.type == kind)

    def missed(self) -> int:
        """So many were counted since the last call."""
        return self.counts.take().get(f"poplin_source_ticks_missed_total/{KEY}", 0)


@asynccontextmanager
async def at_work(
    redis: Redis,
    peer: Subscriber,
    wall: Wall,
    spec: PingSpec,
    *,
    holder: str = "ours",
    jitter: float = 0.0,
) -> AsyncIterator[AtWork]:
    """A timer that has its turn. At the end it is cancelled, wherever it is."""
    counts, sender, standing = Counts(), Sender(), Standing()
    tally = Tally(counts)
    outlets = Outlets(
        emitter=Emitter(sender),
        emit_timeout_s=5,
        tally=tally,
        lost=Complaints(),
        waiting=Complaints(),
    )
    each = resolved(spec, f"{peer.url}/")
    kind = PingKind(redis, tally, wall.clock(jitter))
    timer = kind.worker(each, standing, outlets.open(each, standing))
    held = await Hold(redis, holder).give()
    task = asyncio.create_task(timer.run(held))
    try:
        yield AtWork(task, standing, counts, held)
    finally:
        task.cancel()
        await asyncio.wait([task])
        await sender.close()

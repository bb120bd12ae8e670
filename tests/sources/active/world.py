"""Sources of a kind made for the tests, and processes that run them on one store."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from redis.asyncio import Redis

from poplin.catalog import Condition, SourceStatus
from poplin.event import Event
from poplin.metrics import Counts
from poplin.resources import Loaded, ResolvedSource
from poplin.resources.parts import Destination
from poplin.resources.source_models import PingSpec, Source
from poplin.sender import Sender
from sources.active import Active, Worker
from sources.complaints import Complaints
from sources.emit import Emitter
from sources.outlet import Outlet, Outlets
from sources.service import Sources
from sources.standing import Standing
from sources.tally import Tally
from sources.turn import Held
from sources.webhooks.hook import Taker
from tests.fabric import Subscriber

__all__ = [
    "PACE", "Process", "TestKind", "Tried", "Work", "World", "event", "idles", "source", "works",
]  # fmt: skip

PACE = 0.02
"""Of all delays, but for those of turns."""
REMOVED_KEPT_S = 0.1

Work = Callable[["Tried", Held], Awaitable[None]]


def event(number: int | str = 1) -> Event:
    return Event({"specversion": "1.0", "id": str(number), "source": "/s", "type": "t"}, b"{}")


async def works(tried: "Tried", held: Held) -> None:
    """Says that it does, and sends an event again and again."""
    tried.standing.say(Condition("Deployed", "True"))
    number = 0
    while True:
        number += 1
        await tried.outlet.put(event(f"{tried.process}-{tried.number}-{number}"), held)
        await asyncio.sleep(0.02)


async def idles(tried: "Tried", _held: Held) -> None:
    """Says that it works, and has nothing to send."""
    tried.standing.say(Condition("Deployed", "True"))
    await asyncio.Event().wait()


@dataclass
class Tried:
    """One worker, in one process."""

    process: str
    number: int
    resolved: ResolvedSource
    standing: Standing
    outlet: Outlet
    work: Work
    is_working: bool = False

    async def run(self, held: Held) -> None:
        self.is_working = True
        try:
            await self.work(self, held)
        finally:
            self.is_working = False


@dataclass
class TestKind:
    """Keeps a key in the store of each source that worked, as kinds do."""

    __test__ = False
    redis: Redis
    process: str
    work: Work = works
    tried: list[Tried] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    refuses_to_forget: list[Exception] = field(default_factory=list)

    def worker(self, resolved: ResolvedSource, standing: Standing, outlet: Outlet) -> Worker:
        number = len(self.tried) + 1
        found = Tried(self.process, number, resolved, standing, outlet, self.work)
        self.tried.append(found)
        return found

    async def forget(self, _redis: Redis, source_key: str) -> None:
        if self.refuses_to_forget:
            raise self.refuses_to_forget.pop()
        self.forgotten.append(source_key)

    def at_work(self, name: str = "shop") -> list[Tried]:
        return [
            each for each in self.tried if each.is_working and each.resolved.status.name == name
        ]


def source(
    name: str = "shop", *, sink_uri: str | None = None, digest: str = "1", **changes: object
) -> ResolvedSource:
    found = Source(
        kind="PingSource",
        namespace="default",
        name=name,
        sink=Destination(uri=sink_uri),
        spec=PingSpec(),
        spec_digest=digest,
    )
    status = SourceStatus(
        kind="PingSource",
        api_version="sources.knative.dev/v1",
        namespace="default",
        name=name,
        conditions=(Condition("Ready", "True"), Condition("SinkProvided", "True")),
        sink_uri=sink_uri,
        spec_digest=digest,
    )
    found = replace(found, **changes)  # type: ignore[arg-type]
    return ResolvedSource(status=status, source=found, sink_uri=sink_uri)


@dataclass
class Process:
    """One that serves the sources of the world, as the service does."""

    sources: Sources
    kind: TestKind
    active: Active
    stop: asyncio.Event
    counts: Counts

    @property
    def standing(self) -> Standing:
        return self.sources.served[0].standing

    def shows(self, kind: str = "Deployed") -> tuple[str, str]:
        """Status and reason of the first source."""
        condition = self.sources.served[0].status.condition(kind)
        return condition.status, condition.reason

    def take(self, loaded: Loaded | None = None) -> None:
        self.sources.take(loaded or Loaded())
        self.active.wake()

    @property
    def is_working(self) -> bool:
        return bool(self.kind.at_work())


@dataclass
class World:
    redis: Redis
    sink: Subscriber
    found: list[ResolvedSource] = field(default_factory=list)
    processes: list[Process] = field(default_factory=list)

    def save(self, *found: ResolvedSource) -> None:
        """What the files say from now on; without a sink of their own they have the world's."""
        self.found = [
            each if each.sink_uri is not None else replace(each, sink_uri=self.sink.url)
            for each in found
        ]
        for each in self.processes:
            each.take()

    @asynccontextmanager
    async def process(
        self,
        name: str = "a",
        work: Work = works,
        *,
        files: Loaded | None = None,
        pace: float = PACE,
    ) -> AsyncIterator[Process]:
        sender, counts = Sender(), Counts()
        outlets = Outlets(
            emitter=Emitter(sender),
            emit_timeout_s=1.0,
            tally=Tally(counts),
            lost=Complaints(what="lost"),
            waiting=Complaints(what="waiting"),
        )
        sources = Sources(lambda *_: self.found, _no_taker)
        kind, stop = TestKind(self.redis, name, work), asyncio.Event()
        active = Active(
            self.redis,
            {"PingSource": kind},
            sources,
            outlets,
            removed_kept_s=REMOVED_KEPT_S,
            pace=pace,
        )
        each = Process(sources, kind, active, stop, counts)
        each.take(files)
        self.processes.append(each)
        running = asyncio.create_task(active.run(stop))
        try:
            yield each
        finally:
            self.processes.remove(each)
            stop.set()
            async with asyncio.timeout(10):
                await running
            await sender.close()


def _no_taker(*_: object) -> Taker:
    raise AssertionError("it takes no webhooks")

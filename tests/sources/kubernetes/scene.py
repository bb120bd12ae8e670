"""An ApiServerSource at work: between an API server, a store and a sink, of which each can fail."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from poplin.catalog import Condition, SourceStatus
from poplin.metrics import Counts
from poplin.resources import ResolvedSource
from poplin.resources.parts import Destination
from poplin.resources.source_models import ApiServerSpec, Source, WatchedKind
from poplin.sender import Sender
from sources.complaints import Complaints
from sources.emit import Emitter
from sources.kubernetes.cluster import Cluster
from sources.kubernetes.hands import Pace
from sources.kubernetes.kind import ApiServerKind
from sources.outlet import Outlet, Outlets
from sources.standing import Standing
from sources.tally import Tally
from sources.turn import TurnLostError, turn_key
from tests.fabric import Received, Subscriber
from tests.sources.dying import die
from tests.sources.in_hand import InHand
from tests.sources.kubernetes_api import KubernetesApi
from tests.sources.stage import counted
from tests.waiting import until

__all__ = ["KEY", "PACE", "PODS", "Hand", "Scene", "Told", "spec_of"]

KEY = "ApiServerSource/test/pods"
PODS = WatchedKind(api_version="v1", kind="Pod")
PACE = Pace(
    unavailable=(0.02, 0.1),
    refused=(0.02, 0.1),
    away_s=0.2,
    bookmark_s=0.0,
    grace_s=0.3,
    gone_s=0.0,
    lookup_s=0.3,
    sweep_s=0.05,
)

Told = tuple[str, str]
"""What happened, and the object's name."""


def spec_of(*kinds: WatchedKind, **fields: object) -> ApiServerSpec:
    return ApiServerSpec(resources=kinds or (PODS,), **fields)  # type: ignore[arg-type]


@dataclass
class Hand(InHand):
    """A turn that is ours until `is_lost`, or until the store says otherwise."""

    key: str = turn_key(KEY)
    is_lost: bool = False

    def check(self) -> None:
        if self.is_lost:
            raise TurnLostError("lost")


@dataclass
class Scene:
    """`api` is the API server, and `sink` where events go."""

    api: KubernetesApi
    sink: Subscriber
    redis: Redis
    kubeconfig: Path
    counts: Counts = field(default_factory=Counts)
    standing: Standing = field(default_factory=lambda: Standing(takes_webhooks=False))
    hand: Hand = field(default_factory=Hand)
    silence_s: float = 90.0

    @asynccontextmanager
    async def working(
        self, spec: ApiServerSpec | None = None, *, pace: Pace = PACE, dies: bool = False
    ) -> AsyncIterator[asyncio.Task[None]]:
        """As of one process; another may come after it. One that `dies` finishes nothing."""
        await self.redis.set(self.hand.key, self.hand.token)
        self.standing.rest()
        sender, cluster = Sender(), Cluster(self.kubeconfig, None, silence_s=self.silence_s)
        tally = Tally(self.counts)
        kind = ApiServerKind(self.redis, cluster, tally, pace=pace)
        resolved = _resolved(spec or spec_of(), self.sink.url)
        worker = kind.worker(
            resolved, self.standing, _outlet(resolved, self.standing, sender, tally)
        )
        running = asyncio.create_task(worker.run(self.hand))
        try:
            yield running
        finally:
            if dies:
                die(running)
            running.cancel()
            await asyncio.wait([running])
            await cluster.close()
            await sender.close()

    async def ready(self) -> None:
        """All is watched that is to be."""
        await until(lambda: self.says("Deployed")[0] == "True")

    def says(self, kind: str) -> tuple[str, str]:
        """Status and reason."""
        found = self._condition(kind)
        return found.status, found.reason

    def message(self, kind: str) -> str:
        return self._condition(kind).message

    def _condition(self, kind: str) -> Condition:
        said = {each.type: each for each in self.standing.conditions()}
        return said.get(kind, Condition(kind, "Unknown"))

    def counted(self) -> dict[str, int]:
        """Since it was asked last."""
        return {name.partition("/")[0]: count for name, count in counted(self.counts).items()}

    async def told(self, count: int) -> list[Told]:
        """What the sink was sent, of which so many are waited for."""
        await self.sink.wait_for(count)
        return [told(each) for each in self.sink.received]

    async def checkpoint(self, scope: str = "test") -> str | None:
        found: Any = await self.redis.hgetall(f"{{poplin:sources}}:checkpoints:{KEY}")
        named = {name.decode(): value.decode() for name, value in found.items()}
        return next(
            (value for name, value in named.items() if name.partition("/")[1:] == ("/", scope)),
            None,
        )


def told(received: Received) -> Told:
    return received.headers["ce-type"].rpartition(".")[2], received.headers["ce-name"]


def _outlet(resolved: ResolvedSource, standing: Standing, sender: Sender, tally: Tally) -> Outlet:
    outlets = Outlets(
        emitter=Emitter(sender),
        emit_timeout_s=0.2,
        tally=tally,
        lost=Complaints(what="lost"),
        waiting=Complaints(what="waiting"),
    )
    return outlets.open(resolved, standing)


def _resolved(spec: ApiServerSpec, sink_uri: str) -> ResolvedSource:
    source = Source(
        kind="ApiServerSource",
        namespace="test",
        name="pods",
        sink=Destination(uri=sink_uri),
        spec=spec,
    )
    status = SourceStatus(
        kind="ApiServerSource",
        api_version="sources.knative.dev/v1",
        namespace="test",
        name="pods",
        sink_uri=sink_uri,
    )
    return ResolvedSource(status=status, source=source, sink_uri=sink_uri)

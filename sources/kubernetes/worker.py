"""One ApiServerSource at work: each of its resources is watched, in the namespaces it asks for."""

import asyncio
from dataclasses import dataclass

from redis.asyncio import Redis

from poplin.resources.source_models import ApiServerSpec, Source
from sources.kubernetes.cluster import Cluster
from sources.kubernetes.hands import Hands, Pace
from sources.kubernetes.memory import Memory, forget_watches
from sources.kubernetes.namespaces import Namespaces, namespaces_id
from sources.kubernetes.readiness import Readiness
from sources.kubernetes.records import Records
from sources.kubernetes.watch import Watch
from sources.kubernetes.watch_id import watch_id
from sources.outlet import Outlet
from sources.standing import Standing
from sources.tally import Tally
from sources.turn import Held

__all__ = ["ApiServerWorker", "Shared"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """By all ApiServerSources of a process."""

    redis: Redis
    cluster: Cluster
    tally: Tally
    lists: asyncio.Semaphore
    pace: Pace


class ApiServerWorker:
    """`spec` is the source's."""

    def __init__(
        self,
        shared: Shared,
        source: Source,
        spec: ApiServerSpec,
        standing: Standing,
        outlet: Outlet,
    ) -> None:
        self._shared = shared
        self._source = source
        self._spec = spec
        self._standing = standing
        self._outlet = outlet
        self._kinds = {watch_id(each, spec.owner): each for each in spec.resources}

    async def run(self, held: Held) -> None:
        """Until it is cancelled. What the API server refuses or lacks is said by conditions, and
        tried again here.
        """
        hands = await self._hands(held)
        await self._forget_others(held)
        records = {each: await self._records(held, each) for each in self._kinds}
        namespaces = await self._namespaces(hands, [*records.values()])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(hands.readiness.run(), name="say how it fares")
            if namespaces is not None:
                tasks.create_task(namespaces.run(), name="watch namespaces")
            for name, kind in self._kinds.items():
                watch = Watch(hands, name, kind, records[name], namespaces)
                tasks.create_task(watch.run(), name=f"watch {kind.kind}")

    async def _hands(self, held: Held) -> Hands:
        source, shared = self._source, self._shared
        return Hands(
            key=source.key,
            namespace=source.namespace,
            spec=self._spec,
            api=await shared.cluster.api(source.namespace, self._spec.service_account),
            held=held,
            outlet=self._outlet,
            tally=shared.tally,
            readiness=Readiness(
                self._standing,
                self._kinds,
                source=source.key,
                told_after_s=shared.pace.away_s,
            ),
            lists=shared.lists,
            pace=shared.pace,
        )

    async def _forget_others(self, held: Held) -> None:
        """What an edit has dropped. What it left as it was goes on where it is."""
        keep = {*self._kinds}
        if self._selector:
            keep.add(namespaces_id(self._selector))
        await forget_watches(self._shared.redis, held, self._source.key, keep)

    async def _records(self, held: Held, name: str) -> Records:
        memory = Memory(self._shared.redis, self._source.key, name)
        return Records(memory, held, await memory.read())

    async def _namespaces(self, hands: Hands, followers: list[Records]) -> Namespaces | None:
        if self._selector:
            own = await self._records(hands.held, namespaces_id(self._selector))
            return Namespaces(hands, own, followers)
        hands.readiness.namespaces(["" if self._spec.namespaces == "" else self._source.namespace])
        return None

    @property
    def _selector(self) -> str:
        """Of namespaces; '' where none is needed."""
        return self._spec.namespaces or ""

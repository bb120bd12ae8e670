"""People who make, change and delete objects all the time, and remember what they did."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.cluster.admin import Admin, Object, config_map
from tests.cluster.history import History

__all__ = ["Make", "Writers", "pod_template"]

Make = Callable[[str], Object]
"""A new object of that name."""

_MOST_ALIVE = 40


def pod_template(name: str) -> Object:
    """As large as a Pod. That one would have a state more before its end, which nobody is told of."""
    spec = {"containers": [{"name": "main", "image": "registry.example.com/none:1"}]}
    metadata = {"name": name}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": template}


class Writers:
    """`count` of them at once, each with objects of its own; the kinds take turns. What they did is
    in `history`.
    """

    def __init__(
        self,
        admin: Admin,
        namespace: str,
        *,
        seed: int,
        count: int = 4,
        makes: tuple[Make, ...] = (),
    ) -> None:
        self.history = History()
        self.last: dict[str, Object] = {}
        """The objects that are there, as they were answered last, by uid."""
        self.admin = admin
        self._namespace = namespace
        self._chance = random.Random(seed)
        self._makes = makes or (config_map,)
        self._names = 0
        self._count = count
        self._may_write = asyncio.Semaphore(count)

    @asynccontextmanager
    async def paused(self) -> AsyncIterator[None]:
        """Nothing is under way meanwhile."""
        for _ in range(self._count):
            await self._may_write.acquire()
        try:
            yield
        finally:
            for _ in range(self._count):
                self._may_write.release()

    async def write(self, changes: int, rate: float) -> None:
        """So many creates, updates and deletes, at most `rate` a second."""
        async with asyncio.TaskGroup() as tasks:
            for number in range(self._count):
                share = (changes + number) // self._count
                tasks.create_task(self._write(share, rate / self._count))

    async def _write(self, changes: int, rate: float) -> None:
        alive: list[str] = []
        for _ in range(changes):
            async with self._may_write:
                await self._change(alive)
            await asyncio.sleep(1 / rate)

    async def _change(self, alive: list[str]) -> None:
        most = _MOST_ALIVE // self._count
        dice = self._chance.random()
        if len(alive) < 2 or (dice < 0.25 and len(alive) < most):
            alive.append(await self._create())
        elif dice < 0.75:
            await self._update(self._chance.choice(alive))
        else:
            await self._delete(alive.pop(self._chance.randrange(len(alive))))

    async def _create(self) -> str:
        self._names += 1
        make = self._makes[self._names % len(self._makes)]
        return self._noted(await self.admin.create(make(f"made-{self._names}"), self._namespace))

    async def _update(self, uid: str) -> None:
        metadata = {"labels": {"changed": str(self.history.latest)}}
        self._noted(await self.admin.patch(self.last[uid], metadata=metadata))

    async def _delete(self, uid: str) -> None:
        before = self.history.latest
        await self.admin.delete(self.last.pop(uid))
        self.history.deleted(uid, after=before)

    def _noted(self, answered: Object) -> str:
        metadata = answered["metadata"]
        self.last[metadata["uid"]] = answered
        self.history.wrote(metadata["uid"], int(metadata["resourceVersion"]))
        return str(metadata["uid"])

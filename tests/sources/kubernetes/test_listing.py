"""A list is held against what is remembered page by page."""

import asyncio
import gc
import weakref
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sources.kubernetes.listing import Listing
from sources.kubernetes.memory import Memory
from sources.kubernetes.noting import noting
from sources.kubernetes.records import Records
from sources.kubernetes.values import Change, Listed
from tests.sources.kubernetes.objects import pod
from tests.sources.kubernetes.scene import KEY, Scene

PAGE = 100


class Whole(dict[str, Any]):
    """An object whose end is seen."""


@dataclass
class Taker:
    """Told as a sink is."""

    records: Records
    told: list[tuple[str, str]] = field(default_factory=list)

    async def tell(self, changes: Sequence[Change]) -> None:
        self.told += [(each.verb, each.uid) for each in changes]

    async def remember(
        self, changes: Sequence[Change], checkpoint: tuple[str, str] | None = None
    ) -> None:
        await self.records.put(changes, checkpoint)


@dataclass
class Pages:
    """Each object is another one than before; `most` is how many were in memory at once."""

    version: str
    most: int = 0

    async def __call__(self, count: int) -> AsyncIterator[Listed]:
        seen: list[weakref.ref[dict[str, Any]]] = []
        for number in range(count):
            names = [f"p{number}-{each}" for each in range(PAGE)]
            page: list[dict[str, Any]] = [Whole(pod(name, self.version, name)) for name in names]
            seen += [weakref.ref(each) for each in page]
            gc.collect()
            self.most = max(self.most, sum(each() is not None for each in seen))
            yield Listed(page, self.version)
            del page


async def _records(scene: Scene) -> Records:
    await scene.redis.set(scene.hand.key, scene.hand.token)
    memory = Memory(scene.redis, KEY, "w")
    return Records(memory, scene.hand, await memory.read())


async def _listed(records: Records, pages: Pages, count: int, *, is_told: bool) -> Taker:
    taker = Taker(records)
    listing = Listing("test", records, noting(None), taker, lambda _: is_told)
    await listing.run(pages(count), asyncio.Semaphore(1))
    return taker


async def test_no_more_than_two_pages_are_in_memory_though_all_is_new_or_changed(
    scene: Scene,
) -> None:
    records = await _records(scene)
    first, second = Pages("1"), Pages("2")

    assert (await _listed(records, first, 6, is_told=False)).told == []
    taker = await _listed(records, second, 6, is_told=True)

    assert len(taker.told) == 6 * PAGE
    assert max(first.most, second.most) <= 2 * PAGE
    assert (await _records(scene)).checkpoint("test") == "2"


async def test_what_is_not_listed_any_more_is_gone(scene: Scene) -> None:
    records = await _records(scene)
    await _listed(records, Pages("1"), 2, is_told=False)

    taker = await _listed(records, Pages("1"), 1, is_told=True)

    assert taker.told == [("delete", f"p1-{each}") for each in range(PAGE)]
    assert len(list((await _records(scene)).within("test"))) == PAGE

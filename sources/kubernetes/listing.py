"""A list, held against what is remembered page by page: no more of it than one is in memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence

from sources.finishing import finished
from sources.kubernetes.comparing import Note, found_by_comparing
from sources.kubernetes.extent import Taker
from sources.kubernetes.records import Records
from sources.kubernetes.values import Change, Listed, Noted, Verb

__all__ = ["BATCH", "Listing", "tell_all"]

BATCH = 64
"""Changes that are told at once, and remembered together."""


class Listing:
    """Of one scope, once. `is_told` says whom of a change that is found to tell; it is remembered
    anyway.
    """

    def __init__(
        self,
        scope: str,
        records: Records,
        note: Note,
        taker: Taker,
        is_told: Callable[[Change], bool],
    ) -> None:
        self._scope = scope
        self._records = records
        self._note = note
        self._taker = taker
        self._is_told = is_told
        self._version = ""
        self._missing: set[str] = set()
        self._named: dict[tuple[str, str], str] = {}
        self.found: Counter[Verb] = Counter()
        """What was told."""

    async def run(self, pages: AsyncIterator[Listed], lists: asyncio.Semaphore) -> str:
        """Returns the resourceVersion from which a watch goes on, which is the checkpoint now.

        If we die in midst of it there is none, or the old one: the next list finds the rest.
        """
        while True:
            # Not while the sink is waited for: the lists of others need not wait for it, too.
            async with lists:
                page = await anext(pages, None)
            if page is None:
                break
            await self._compare(page)
        gone = {uid: noted for uid, noted in self._remembered() if uid in self._missing}
        await self._settle(found_by_comparing({}, gone, self._note))
        await self._taker.remember((), (self._scope, self._version))
        return self._version

    def _remembered(self) -> list[tuple[str, Noted]]:
        return list(self._records.within(self._scope))

    async def _compare(self, page: Listed) -> None:
        if page.resource_version != self._version:
            self._begin(page.resource_version)
        listed = {each["metadata"]["uid"]: each for each in page.objects}
        remembered: dict[str, Noted] = {}
        for uid, found in listed.items():
            metadata = found["metadata"]
            place = metadata.get("namespace", ""), metadata["name"]
            for known in (uid, self._named.get(place, uid)):
                if (noted := self._records.get(place[0], known)) is not None:
                    remembered[known] = noted
        self._missing -= {*listed, *remembered}
        await self._settle(found_by_comparing(listed, remembered, self._note))

    def _begin(self, version: str) -> None:
        """Also anew, in midst of a list whose beginning the API server has forgotten: what was only
        in that may be gone by now.
        """
        self._version = version
        remembered = self._remembered()
        self._missing = {uid for uid, _ in remembered}
        # An object that was made anew has the name of one that is gone, which is told of before it.
        self._named = {(noted.namespace, noted.name): uid for uid, noted in remembered}

    async def _settle(self, changes: Sequence[Change]) -> None:
        told = [each for each in changes if self._is_told(each)]
        if silent := [each for each in changes if not self._is_told(each)]:
            await self._taker.remember(silent)
        await tell_all(self._taker, told)
        self.found.update(each.verb for each in told)


async def tell_all(taker: Taker, changes: Sequence[Change]) -> None:
    """In batches, each remembered before the next: if we die, one is told again at most."""
    for start in range(0, len(changes), BATCH):
        await finished(_tell(taker, changes[start : start + BATCH]))


async def _tell(taker: Taker, batch: Sequence[Change]) -> None:
    await taker.tell(batch)
    await taker.remember(batch)

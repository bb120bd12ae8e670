"""One scope of one watch: listed or taken up where it was, watched, and compared where the history
does not reach back.
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Protocol

from sources.finishing import finished
from sources.kubernetes.backoff import Backoff
from sources.kubernetes.comparing import Note, seen
from sources.kubernetes.errors import GoneError, UnavailableError
from sources.kubernetes.extent import Extent, Taker
from sources.kubernetes.hands import Pace
from sources.kubernetes.listing import BATCH, Listing
from sources.kubernetes.records import NEW, Records
from sources.kubernetes.values import Change, Noted, Verb, WatchEvent

__all__ = ["Ear", "Scope"]

_FAILURES = 3
"""After so many of a watch, while the API server answers otherwise, it is listed and compared."""


class Ear(Protocol):
    """Who hears how a scope fares."""

    def caught_up(self) -> None:
        """Nothing is to be listed any more; a watch is about to begin."""

    def heard(self) -> None:
        """It brought something."""

    def behind(self) -> None:
        """The history is gone: it is to be listed."""

    def away(self, error: UnavailableError) -> None:
        """It does not answer as it should; it is tried again."""

    def compared(self, found: Mapping[Verb, int], *, is_gap: bool) -> None:
        """What was told by comparing; a gap is where the history did not reach back."""


class Scope:
    """`tells_existing`: what is there at the first start is told, too."""

    def __init__(
        self,
        extent: Extent,
        records: Records,
        note: Note,
        taker: Taker,
        ear: Ear,
        *,
        lists: asyncio.Semaphore,
        pace: Pace,
        tells_existing: bool = False,
    ) -> None:
        self._extent = extent
        self._records = records
        self._note = note
        self._taker = taker
        self._ear = ear
        self._lists = lists
        self._pace = pace
        self._tells_existing = tells_existing
        self._backoff = Backoff(*pace.unavailable)
        self._position = records.checkpoint(extent.scope) or ""
        """All before it is settled. Bookmarks bring it further than the checkpoint."""
        self._is_gone = False
        self._is_proven = False
        """The watch from there has brought something."""
        self._failures = 0
        self._put_at_s = 0.0

    async def run(self) -> None:
        """Until it is cancelled. Raises ForbiddenError and UnknownKindError."""
        while True:
            asked_s = None
            try:
                await self._round()
            except GoneError:
                self._is_gone = True
                self._ear.behind()
            except UnavailableError as error:
                asked_s = error.retry_after_s
                self._is_proven = False
                self._ear.away(error)
            # After every round: a server that ends all at once, or has never any history, is not
            # asked without a pause.
            await asyncio.sleep(self._backoff.pause_s(asked_s))

    async def _round(self) -> None:
        if self._is_gone or self._position in ("", NEW):
            await self._list()
        elif not self._is_proven:
            await self._probe(self._position)
        self._ear.caught_up()
        await self._follow(self._position)

    # The list

    async def _list(self) -> None:
        told = self._tells_existing or self._records.knows_any(self._extent.scope)
        listing = Listing(self._extent.scope, self._records, self._note, self._taker, self._is_told)
        # Of what nobody is told, it is enough to know where it is.
        async with aclosing(self._extent.pages(is_metadata=not told)) as pages:
            self._position = await listing.run(pages, self._lists)
        if not self._extent.scope:
            await self._records.join()
        if told:
            self._ear.compared(listing.found, is_gap=self._is_gone)
        self._is_gone = False
        self._failures = 0

    def _is_told(self, change: Change) -> bool:
        """What is found where nothing is remembered was there before."""
        return self._tells_existing or self._records.is_known(change.noted.namespace)

    async def _probe(self, position: str) -> None:
        """Nobody knows yet whether the API server still has the history that we come from. Some
        answer nothing at all, for ever, to who asks for a resourceVersion of another cluster.
        """
        version = await self._extent.version()
        if self._failures >= _FAILURES or _is_before(version, position):
            raise GoneError(
                f"the API server is at {version}, and the watch would be from {position}"
            )

    # The watch

    async def _follow(self, position: str) -> None:
        began_s = time.monotonic()
        try:
            async with aclosing(self._extent.watch(position)) as batches:
                async for events in batches:
                    for start in range(0, len(events), BATCH):
                        await finished(self._take(events[start : start + BATCH]))
        except UnavailableError:
            self._failures += 1
            raise
        if time.monotonic() - began_s >= self._pace.lasts_s:
            self._backoff.reset()

    async def _take(self, events: Sequence[WatchEvent]) -> None:
        self._failures = 0  # of the watch; what fails from here on is not its fault
        changes = self._changes(events)
        version = events[-1].resource_version
        if changes:
            await self._taker.tell(changes)
        # Dead here: all of them are told again, with the same ids.
        if changes or time.monotonic() >= self._put_at_s + self._pace.bookmark_s:
            await self._taker.remember(changes, (self._extent.scope, version))
            self._put_at_s = time.monotonic()
        self._position = version
        self._is_proven = True
        self._backoff.reset()
        self._ear.heard()

    def _changes(self, events: Sequence[WatchEvent]) -> list[Change]:
        """What is remembered is taken as it would be after each of them; it is not changed yet."""
        remembered = dict(self._remembered(events))
        found = []
        for event in events:
            if (change := seen(event, remembered, self._note)) is not None:
                found.append(change)
                remembered[change.uid] = change.noted
                if change.verb == "delete":
                    del remembered[change.uid]
        return found

    def _remembered(self, events: Sequence[WatchEvent]) -> Iterator[tuple[str, Noted]]:
        for event in events:
            if event.type != "BOOKMARK":
                metadata = event.object["metadata"]
                uid = metadata["uid"]
                noted = self._records.get(metadata.get("namespace", ""), uid)
                if noted is not None:
                    yield uid, noted


def _is_before(version: str, position: str) -> bool:
    """They are compared for equality alone where it counts. Here it is a hint to look closer: a
    cluster whose numbers are smaller than ours has not given them to us.
    """
    return version.isdecimal() and position.isdecimal() and int(version) < int(position)

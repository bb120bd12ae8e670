"""Which namespaces a source asks for by a selector, as they come, change and go."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from poplin.resources.source_models import WatchedKind
from poplin.waiting import wait
from sources.kubernetes.attending import attend
from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.extent import Extent
from sources.kubernetes.hands import Hands
from sources.kubernetes.records import Records
from sources.kubernetes.scope import Scope
from sources.kubernetes.selector import selects
from sources.kubernetes.values import Change, Noted, Resource, Verb
from sources.kubernetes.watch_id import watch_id

__all__ = ["Namespaces", "namespaces_id"]

_NAMESPACE = Resource("v1", "Namespace", "namespaces", is_namespaced=False)
_GONE = "gone"
"""In place of a namespace, which a namespace is never in: it is deleted, and what was in it may not
be told yet."""


def namespaces_id(selector: str) -> str:
    """Under which what follows is remembered."""
    kind = WatchedKind(api_version="v1", kind="Namespace", selector=selector)
    return f"namespaces-{watch_id(kind, None)}"


class Namespaces:
    """`followers` are what is remembered of the source's watches: a namespace that comes to be is
    marked in each, so that all in it is new, whenever it is listed.
    """

    def __init__(self, hands: Hands, records: Records, followers: Sequence[Records]) -> None:
        self._hands = hands
        self._records = records
        self._followers = followers
        self._place = (namespaces_id(hands.spec.namespaces or ""), "")
        self._selects = selects(hands.spec.namespaces or "")
        self._there: dict[str, tuple[str, bool]] = {}
        self._gone: dict[str, tuple[bool, float]] = {}
        self._away: UnavailableError | None = None
        self._news = asyncio.Event()
        self._is_ready = asyncio.Event()
        for uid, noted in records.within(""):
            self._learn(uid, noted)

    # Which are asked for

    async def ready(self) -> None:
        """Returns once those that are there are known."""
        await self._is_ready.wait()

    async def news(self, within_s: float) -> None:
        """Returns when one came, changed or went, or after that time."""
        await wait(self._news, within_s)

    @property
    def matching(self) -> set[str]:
        """Those that are there and asked for."""
        return {name for name, (_, is_asked) in self._there.items() if is_asked}

    def knows(self, name: str) -> bool:
        """It is there, or was."""
        return self._at_hand(name) is not None

    def left_at_s(self, name: str) -> float | None:
        """By the monotonic clock, when it was deleted, or that was heard: one that was asked for."""
        is_asked, at_s = self._gone.get(name, (False, 0.0))
        return at_s if is_asked and name not in self._there else None

    async def among(self, names: Collection[str]) -> set[str]:
        """Of these, those that are asked for, or were while they were there. An object's news may be
        quicker than its namespace's. Raises UnavailableError.
        """
        return {name for name in names if await self._is_asked(name)}

    async def _is_asked(self, name: str) -> bool:
        if name in self._there:
            return self._there[name][1]
        # Also of one that is gone: it may have come again, with other labels.
        if (found := await self._looked_up(name)) is not None:
            return found
        # It came and went, and a watch may be about to tell both.
        until_s = time.monotonic() + self._hands.pace.lookup_s
        while self._at_hand(name) is None and (left_s := until_s - time.monotonic()) > 0:
            await self.news(left_s)
        if (known := self._at_hand(name)) is None and self._away is not None:
            raise UnavailableError(f"nobody knows yet of namespace {name}") from self._away
        return known or False

    def _at_hand(self, name: str) -> bool | None:
        if name in self._there:
            return self._there[name][1]
        return self._gone[name][0] if name in self._gone else None

    async def _looked_up(self, name: str) -> bool | None:
        pages = self._hands.api.pages(
            _NAMESPACE, field_selector=f"metadata.name={name}", is_metadata=True
        )
        found = [each async for page in pages for each in page.objects]
        return self._note(found[0]).is_owned if found else None

    # How that is known

    async def run(self) -> None:
        """Until it is cancelled."""
        self._hands.readiness.expected(self._place)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sweep(), name="forget namespaces")
            await attend(self._hands, _NAMESPACE, self._place, self._scope)

    def _scope(self) -> Scope:
        hands = self._hands
        extent = Extent(api=hands.api, resource=_NAMESPACE, scope="")
        return Scope(
            extent, self._records, self._note, self, self, lists=hands.lists, pace=hands.pace
        )

    def _note(self, found: dict[str, Any]) -> Noted:
        metadata = found["metadata"]
        is_asked = self._selects(metadata.get("labels") or {})
        return Noted("", metadata["name"], metadata["resourceVersion"], is_asked)

    async def tell(self, changes: Sequence[Change]) -> None:
        """One that begins to be asked for by a label is not new, and is not marked."""
        for each in changes:
            if each.verb == "add" and each.noted.is_owned:
                for records in self._followers:
                    await records.mark_new(each.noted.name)

    async def remember(
        self, changes: Sequence[Change], checkpoint: tuple[str, str] | None = None
    ) -> None:
        kept = [part for each in changes for part in _kept(each)]
        await self._records.put(kept, checkpoint)
        for each in changes:
            place = _GONE if each.verb == "delete" else ""
            self._learn(each.uid, replace(each.noted, namespace=place))
        self._hear()

    def _learn(self, uid: str, noted: Noted) -> None:
        name = noted.name
        if noted.namespace != _GONE:
            self._there[name] = uid, noted.is_owned
            return
        self._gone[name] = noted.is_owned, time.monotonic()
        # Another one of that name may have come before this is heard, by comparing or by reading
        # what is remembered.
        if name in self._there and self._there[name][0] == uid:
            del self._there[name]

    def _hear(self) -> None:
        # First those who begin to watch it, so that it is not shown before they do.
        self._news.set()
        self._news = asyncio.Event()
        self._hands.readiness.namespaces(self.matching)

    async def _sweep(self) -> None:
        """Those that are gone, of which nothing is remembered that anybody may have to be told."""
        pace = self._hands.pace
        while True:
            await asyncio.sleep(pace.sweep_s)
            until_s = time.monotonic() - pace.gone_s
            for uid, noted in list(self._records.within(_GONE)):
                _, at_s = self._gone.get(noted.name, (False, 0.0))
                if at_s <= until_s and not any(each.holds(noted.name) for each in self._followers):
                    await self._records.put([Change("delete", uid, noted, None)])
                    self._gone.pop(noted.name, None)

    # How the watch of them fares

    def heard(self) -> None:
        self._hands.readiness.heard(self._place)

    def caught_up(self) -> None:
        self._away = None
        self._hands.readiness.caught_up(self._place)
        if not self._is_ready.is_set():
            self._is_ready.set()
            self._hear()

    def behind(self) -> None:
        self._hands.readiness.behind(self._place)

    def away(self, error: UnavailableError) -> None:
        self._away = error
        self._hands.readiness.away(self._place, str(error))

    def compared(self, found: Mapping[Verb, int], *, is_gap: bool) -> None:
        """What matters of it is heard of the objects in them."""


def _kept(change: Change) -> list[Change]:
    if change.verb != "delete":
        return [change]
    gone = replace(change, verb="update", noted=replace(change.noted, namespace=_GONE))
    return [change, gone]

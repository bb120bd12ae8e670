"""A scope for each namespace that is asked for, where all of them at once must not be watched."""

import asyncio
import time
from collections.abc import Callable, Coroutine

from sources.causes import causes
from sources.kubernetes.emission import Emission
from sources.kubernetes.errors import UnknownKindError
from sources.kubernetes.hands import Pace
from sources.kubernetes.listing import tell_all
from sources.kubernetes.namespaces import Namespaces
from sources.kubernetes.records import NEW, Records

__all__ = ["Several"]

_LOOK_S = 1.0


class Several:
    """`attend` watches one until it is cancelled."""

    def __init__(
        self,
        namespaces: Namespaces,
        records: Records,
        emission: Emission,
        attend: Callable[[str], Coroutine[None, None, None]],
        pace: Pace,
    ) -> None:
        self._namespaces = namespaces
        self._records = records
        self._emission = emission
        self._attend = attend
        self._grace_s = pace.grace_s
        self._attended: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until it is cancelled. Raises UnknownKindError."""
        unknown: BaseException | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                await self._follow(tasks)
        except* UnknownKindError as group:
            unknown = next(causes(group))
        if unknown is not None:
            raise unknown

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        await self._records.split(self._wanted() | self._unsettled() | self._unheard())
        while True:
            wanted = self._wanted()
            for namespace in (self._attended.keys() | self._unsettled()) - wanted:
                await self._leave(namespace)
            for namespace in wanted - self._attended.keys():
                name = f"watch namespace {namespace}"
                self._attended[namespace] = tasks.create_task(self._attend(namespace), name=name)
            await self._namespaces.news(_LOOK_S)

    def _wanted(self) -> set[str]:
        """Those that are asked for; and those that are gone as long as the watch may tell yet how
        what was in them went.
        """
        now = time.monotonic()
        return self._namespaces.matching | {
            each
            for each in self._unsettled()
            if now < (self._namespaces.left_at_s(each) or now) + self._grace_s
        }

    def _unsettled(self) -> set[str]:
        """Those that are gone, of which something is remembered."""
        return {
            each
            for each in self._records.scopes
            if self._records.holds(each) and self._namespaces.left_at_s(each) is not None
        }

    def _unheard(self) -> set[str]:
        """Those that were marked as new, and then we died: they are about to be told of again."""
        return {
            each
            for each in self._records.scopes
            if self._records.checkpoint(each) == NEW and not self._namespaces.knows(each)
        }

    async def _leave(self, namespace: str) -> None:
        """Of one that lost its label nobody is told: nothing was deleted. With one that is gone all
        that was in it is gone, whether its deletes were seen or not.
        """
        task = self._attended.pop(namespace, None)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        if self._namespaces.left_at_s(namespace) is not None:
            await tell_all(self._emission, self._records.deletes(namespace))
        await self._records.forget([namespace])

"""What is remembered of one watch: at hand, and in the store, which is told first."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from sources.kubernetes.comparing import announced
from sources.kubernetes.memory import Memory, Remembered
from sources.kubernetes.values import Change, Noted
from sources.turn import Held

__all__ = ["NEW", "Records"]

NEW = "new"
"""The checkpoint of a scope that came to be while we watched: nothing in it is old."""


class Records:
    """Objects are found by their namespace, '' for those that are in none; a scope is a namespace,
    or '' for all.
    """

    def __init__(self, memory: Memory, held: Held, remembered: Remembered) -> None:
        self._memory = memory
        self._held = held
        self._checkpoints = remembered.checkpoints
        self._objects: defaultdict[str, dict[str, Noted]] = defaultdict(dict)
        for uid, noted in remembered.objects.items():
            self._objects[noted.namespace][uid] = noted

    # What is at hand

    def get(self, namespace: str, uid: str) -> Noted | None:
        return self._objects[namespace].get(uid) if namespace in self._objects else None

    def within(self, scope: str) -> Iterator[tuple[str, Noted]]:
        """Objects with their uids."""
        groups = [scope] if scope else list(self._objects)
        for namespace in groups:
            yield from self._objects.get(namespace, {}).items()

    def deletes(self, scope: str) -> list[Change]:
        """As of all that is in it, found to be gone."""
        return [Change("delete", uid, noted, None, True) for uid, noted in self.within(scope)]

    def holds(self, namespace: str) -> bool:
        """Any object of it."""
        return bool(self._objects.get(namespace))

    @property
    def scopes(self) -> set[str]:
        """Of which anything is remembered."""
        return {*self._checkpoints, *(each for each in self._objects if self._objects[each])}

    def checkpoint(self, scope: str) -> str | None:
        return self._checkpoints.get(scope)

    def is_known(self, namespace: str) -> bool:
        """What is there is remembered: what is not among it is new."""
        return "" in self._checkpoints or namespace in self._checkpoints

    def knows_any(self, scope: str) -> bool:
        """Of what is in it."""
        return self.is_known(scope) if scope else bool(self._checkpoints)

    # What is put down

    async def announce(self, changes: Iterable[Change]) -> None:
        """Before they are emitted: objects that are not remembered are there, in no version yet."""
        unknown = (each for each in changes if self.get(each.noted.namespace, each.uid) is None)
        if found := announced(unknown):
            await self._memory.put(self._held, found, None)
            for uid, noted in found.items():
                self._objects[noted.namespace][uid] = noted

    async def put(
        self, changes: Sequence[Change], checkpoint: tuple[str, str] | None = None
    ) -> None:
        """So is the world now, and so far is the scope. Raises TurnLostError and
        StoreUnavailableError: then what is at hand is as before, and what is in the store unknown.
        """
        noted = {each.uid: None if each.verb == "delete" else each.noted for each in changes}
        await self._memory.put(self._held, noted, checkpoint)
        for each in changes:
            self._keep(each)
        if checkpoint is not None:
            scope, version = checkpoint
            self._checkpoints[scope] = version
            if not version:
                del self._checkpoints[scope]

    async def mark_new(self, namespace: str) -> None:
        """Should we die before its objects are listed, it is still known that they are new."""
        if not self.is_known(namespace):
            await self.put((), (namespace, NEW))

    async def forget(self, scopes: Iterable[str]) -> None:
        """Silently: nothing was deleted. The scope '' leaves the objects to those that have one."""
        for scope in scopes:
            await self.put(self.deletes(scope) if scope else (), (scope, ""))

    async def split(self, scopes: set[str]) -> None:
        """There is a scope for each of these from now on, and no other."""
        if "" in self._checkpoints:
            for scope in scopes - self._checkpoints.keys():
                # What is there is held against what the scope of all has remembered.
                await self.put((), (scope, NEW))
        await self.forget(self.scopes - scopes)

    async def join(self) -> None:
        """The scope of all namespaces, which has a checkpoint, stands for those of each."""
        for scope in [each for each in self._checkpoints if each]:
            await self.put((), (scope, ""))

    def _keep(self, change: Change) -> None:
        group = self._objects[change.noted.namespace]
        if change.verb == "delete":
            group.pop(change.uid, None)
            if not group:
                del self._objects[change.noted.namespace]
        else:
            group[change.uid] = change.noted

"""Who looks after which hook, while this process has the turn: one task for each."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from sources.github.care import Care, Hands
from sources.github.memory import KeptHook
from sources.github.removal import let_go, remove
from sources.github.roles import roles
from sources.github.wishes import Kept, Wish
from sources.standing import Standing

__all__ = ["Duties"]


class Duties:
    """`remembered` is by field. The tasks end with the group, which is the turn's."""

    def __init__(
        self, hands: Hands, tasks: asyncio.TaskGroup, remembered: dict[str, KeptHook]
    ) -> None:
        self._hands = hands
        self._tasks = tasks
        self._remembered = remembered
        self._cares: dict[str, Care] = {}
        self._under_way: dict[str, tuple[str, asyncio.Task[None]]] = {}

    def assign(self, sources: Sequence[Kept]) -> None:
        """Begin what is to be done from now on, and end what is not any more."""
        self._learn()
        standings = {each.key: each.standing for each in sources}
        now = roles(sources, self._remembered)
        for field in self._under_way.keys() - now.keys():
            self._end(field)
        for field, role in now.items():
            if isinstance(role, Wish):
                self._keep(field, role, standings[role.source])
            else:
                work = remove if role == "remove" else let_go
                self._begin(field, role, partial(work, self._hands, self._remembered[field]))

    def _learn(self) -> None:
        """What those who keep hooks have remembered since, and which hooks are gone."""
        self._remembered |= {field: care.known for field, care in self._cares.items()}
        for field, (_, task) in list(self._under_way.items()):
            if task.done():  # who keeps a hook never is
                del self._under_way[field], self._remembered[field]

    def _keep(self, field: str, wish: Wish, standing: Standing) -> None:
        if field in self._cares:
            self._cares[field].follow(wish, standing)
            return
        care = Care(self._hands, wish, standing, self._remembered.get(field))
        self._begin(field, "keep", care.run)
        self._cares[field] = care

    def _begin(self, field: str, what: str, work: Callable[[], Awaitable[None]]) -> None:
        if field in self._under_way and self._under_way[field][0] == what:
            return
        before = self._end(field)

        async def do() -> None:
            if before is not None:
                await asyncio.wait([before])
            await work()

        self._under_way[field] = what, self._tasks.create_task(do(), name=f"{what} hook of {field}")

    def _end(self, field: str) -> asyncio.Task[None] | None:
        self._cares.pop(field, None)
        if field not in self._under_way:
            return None
        _, task = self._under_way.pop(field)
        task.cancel()
        return task

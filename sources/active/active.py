"""All sources that act by themselves: who runs here, who is forgotten, and what people are told."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Protocol

from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.resources import ResolvedSource
from poplin.waiting import wait
from sources.active.board import Board
from sources.active.forgetting import Forgetting
from sources.active.memory import forget_said
from sources.active.running import Means, Running
from sources.active.worker import Kind, Worker
from sources.outlet import Outlets
from sources.service import Served
from sources.standing import Standing
from sources.turn import Held, Turn
from sources.turn_calls import TurnCalls

__all__ = ["Active", "Documents"]

_LOOK_S = 2.0
_REMOVED_KEPT_S = 60.0


class Documents(Protocol):
    """The sources that the files hold now, of all kinds."""

    @property
    def is_whole(self) -> bool:
        """What is missing is gone, and not hidden by an error."""

    @property
    def served(self) -> Sequence[Served]: ...


class Active:
    """`kinds` are those that are run; others that the documents hold are left alone.

    Any number of processes may have one: each source works in one of them.
    """

    def __init__(
        self,
        redis: Redis,
        kinds: Mapping[str, Kind],
        documents: Documents,
        outlets: Outlets,
        *,
        removed_kept_s: float = _REMOVED_KEPT_S,
        pace: float = 1.0,
    ) -> None:
        self._redis = redis
        self._kinds = kinds
        self._documents = documents
        self._outlets = outlets
        self._removed_kept_s = removed_kept_s
        self._look_s = _LOOK_S * pace
        self._calls = TurnCalls(redis)
        self._means = Means(redis=redis, turn=self._turn, worker=self._worker, pace=pace)
        self._board = Board(redis)
        self._news = asyncio.Event()
        self._running: dict[str, Running] = {}
        self._forgetting: dict[str, Forgetting] = {}

    def wake(self) -> None:
        """Look at once: there was an edit."""
        self._news.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, also while the store is away; then all turns are given back."""
        try:
            async with asyncio.TaskGroup() as tasks:
                following = tasks.create_task(self._follow(tasks), name="follow sources")
                await stop.wait()
                following.cancel()
                self._end_all()
        finally:
            self._running.clear()
            self._forgetting.clear()

    def _end_all(self) -> None:
        for running in self._running.values():
            running.end()
        for forgetting in self._forgetting.values():
            forgetting.end()

    async def _follow(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            self._news.clear()
            self._run_those_served(tasks)
            with suppress(StoreUnavailableError):
                words = (each.word for each in self._running.values())
                await self._board.exchange(filter(None, words))
                self._forget_those_gone(tasks)
            self._show()
            await wait(self._news, self._look_s)

    # Who runs

    def _run_those_served(self, tasks: asyncio.TaskGroup) -> None:
        ready = {
            each.resolved.status.key: each
            for each in self._ours()
            if each.resolved.source and each.resolved.sink_uri
        }
        for key in self._running.keys() - ready.keys():
            self._running.pop(key).end()
        for key, served in ready.items():
            if key in self._running:
                self._running[key].follow(served)
            else:
                self._running[key] = running = Running(self._means, served)
                tasks.create_task(running.run(), name=f"run {key}")

    def _ours(self) -> list[Served]:
        served = self._documents.served
        return [each for each in served if each.resolved.status.kind in self._kinds]

    def _turn(self, key: str) -> Turn:
        return Turn(self._redis, key, calls=self._calls)

    def _worker(self, resolved: ResolvedSource, standing: Standing) -> Worker:
        outlet = self._outlets.open(resolved, standing)
        return self._kinds[resolved.status.kind].worker(resolved, standing, outlet)

    # Who is forgotten

    def _forget_those_gone(self, tasks: asyncio.TaskGroup) -> None:
        gone = self._gone() if self._documents.is_whole else set()
        for key in self._forgetting.keys() - gone:
            self._forgetting.pop(key).end()
        for key in gone - self._forgetting.keys():
            forget = partial(self._forget, key)
            each = Forgetting(key, self._turn(key), forget, self._removed_kept_s)
            self._forgetting[key] = each
            tasks.create_task(each.run(), name=f"forget {key}")

    def _gone(self) -> set[str]:
        there = {each.resolved.status.key for each in self._documents.served}
        return {key for key in self._board.said if _kind(key) in self._kinds and key not in there}

    async def _forget(self, key: str, held: Held) -> None:
        await self._kinds[_kind(key)].forget(self._redis, key)
        # Last: dying on the line before, it is known that there may be something left.
        await forget_said(self._redis, held, key)

    def _show(self) -> None:
        """To people, those that do not work here: as whoever has their turn says."""
        for each in self._ours():
            key, standing = each.resolved.status.key, each.standing
            running, said = self._running.get(key), self._board.said.get(key)
            if running is not None and running.held is not None:
                continue  # who works on it says it himself
            if running is None or said is None:
                standing.rest()
            else:
                standing.show(said.conditions, said.namespaces, said.lag_s)


def _kind(key: str) -> str:
    return key.partition("/")[0]

"""What is known of the world, and how its parts name each other."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from redis.asyncio import Redis

from poplin.log import Held, Log, LogId, Position, Token
from tests.log.machine.memory import Memory
from tests.log.model import START, Model

__all__ = ["COLOURS", "PICK", "PICKS", "WORKERS", "Router", "World", "run"]


_T = TypeVar("_T")
COLOURS = st.integers(0, 2)
PICK = st.integers(0, 30)
PICKS = st.lists(PICK, min_size=1, max_size=5)
WORKERS = st.integers(0, 2)


@dataclass(slots=True)
class Router:
    """What a router believes, as long as it likes."""

    position: Position = field(default_factory=lambda: Position(START, 0))
    batch: list[LogId] = field(default_factory=list)


def run(runner: asyncio.Runner, call: Awaitable[_T]) -> _T:
    async def answer() -> _T:
        return await call

    return runner.run(answer())


class World(RuleBasedStateMachine):
    """One partition, and its model."""

    def __init__(self, runner: asyncio.Runner, redis: Redis) -> None:
        super().__init__()
        self._runner, self._redis = runner, redis
        self._log = Log(redis, "shop/orders")
        self._model = Model(self._log.keys)
        self._memory = Memory()
        self._sets: dict[int, dict[str, frozenset[int]]] = {1: {}}
        self._ordered: dict[int, frozenset[str]] = {1: frozenset()}
        """By generation, as the sets."""
        self._removed: dict[str, int] = {}
        self._uids = 0
        self._numbers = 0
        self._routers = [Router(), Router()]
        self._hands: list[list[Held]] = [[], [], []]
        self._ghosts: list[Held] = []
        self._tokens: set[Token] = set()
        self._opens_in = 0
        self._is_checked = False

    def _run(self, call: Awaitable[_T]) -> _T:
        self._is_checked = False
        return run(self._runner, call)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _has_unrouted(self) -> bool:
        return any(not self._model.is_routed(log_id) for log_id in self._model.entries)

    def _set_time(self, uid: str, log_id: LogId, time: int) -> None:
        self._run(self._redis.zadd(self._log.keys.due(uid), {log_id: time}, xx=True))
        self._model.owed[uid, log_id].time = time

    def _newest(self) -> int:
        return max(self._sets)

    def _new_uid(self) -> str:
        self._uids += 1
        return f"t{self._uids}"

    def _all_uids(self) -> list[str]:
        """Of every trigger that ever was."""
        return [f"t{number}" for number in range(1, self._uids + 1)]

    def _uid(self, pick: int, likely: list[str]) -> str:
        uids = likely * 3 + self._all_uids()
        return uids[pick % len(uids)]

    def _ids(self, picks: list[int]) -> list[LogId]:
        ids = list(self._model.entries) or [LogId(b"1-1")]
        return [ids[pick % len(ids)] for pick in picks]

    def _is_new(self, token: Token) -> None:
        assert token < 0
        assert token not in self._tokens
        self._tokens.add(token)

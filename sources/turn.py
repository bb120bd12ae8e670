"""One process at a time, of all that serve the same sources, does what must not be done twice.

The turn is a key of the store that runs out unless its holder keeps it. Whoever holds it knows by
its own clock until when, so that one that was paused, or cut off from the store, does nothing more.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from redis.asyncio import Redis

from poplin.errors import PoplinError, StoreUnavailableError
from poplin.waiting import wait
from sources.turn_calls import TurnCalls

__all__ = ["Held", "Turn", "TurnLostError", "turn_key"]

_LASTS_S = 10.0
_RENEW_S = 3.0
_LOOK_S = 1.0
"""Between looks whether it is free: nothing is written by them."""

# Where the system has one, a clock that goes on while it sleeps.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def _now_s() -> float:
    return time.clock_gettime(_CLOCK)


def turn_key(name: str) -> str:
    """In one slot with all that sources keep."""
    return f"{{poplin:sources}}:turn:{name}"


class TurnLostError(PoplinError):
    """It is no longer ours, or may not be: nothing more may be done in its name."""


class Held(Protocol):
    """A turn in somebody's hand."""

    @property
    def key(self) -> str:
        """Holds `token` while the turn is ours: a script that writes compares them."""

    @property
    def token(self) -> str:
        """Of this turn alone."""

    def check(self) -> None:
        """Before each act that another holder may do too. Raises TurnLostError."""


@dataclass(slots=True)
class _Grip:
    key: str
    token: str
    until_s: float

    @property
    def is_ours(self) -> bool:
        return _now_s() < self.until_s

    def check(self) -> None:
        if not self.is_ours:
            raise TurnLostError(f"the turn {self.key} is no longer ours")


class Turn:
    """`name` says whose turn it is: all processes with one store and one name take turns.

    Who has many gives each the same `calls`. After one that died the next has it within 11 s.
    """

    def __init__(
        self,
        redis: Redis,
        name: str,
        *,
        lasts_s: float = _LASTS_S,
        renew_s: float = _RENEW_S,
        calls: TurnCalls | None = None,
    ) -> None:
        self._calls = calls or TurnCalls(redis)
        self._key = turn_key(name)
        self._lasts_s = lasts_s
        self._renew_s = renew_s
        self._look_s = min(renew_s, _LOOK_S)

    async def run(self, stop: asyncio.Event, work: Callable[[Held], Awaitable[None]]) -> None:
        """Until `stop`: waits for the turn, and does the work as long as it has it.

        The work goes on until it is cancelled, which it is when the turn is lost or `stop` is set;
        with the next turn it begins anew. What it raises ends this too, but for TurnLostError and
        StoreUnavailableError.
        """
        while not stop.is_set():
            grip = await self._take()
            if grip is not None:
                await self._hold(grip, stop, work)
            await wait(stop, self._look_s)

    async def _take(self) -> _Grip | None:
        grip = _Grip(self._key, uuid.uuid4().hex, self._until_s())
        return grip if await self._ask("take", grip) else None

    async def _hold(
        self, grip: _Grip, stop: asyncio.Event, work: Callable[[Held], Awaitable[None]]
    ) -> None:
        async def do() -> None:
            await work(grip)

        try:
            async with asyncio.TaskGroup() as tasks:
                working = tasks.create_task(do(), name=f"work in turn {grip.key}")
                await self._keep(grip, stop)
                working.cancel()
        except* (TurnLostError, StoreUnavailableError):
            pass
        finally:
            # Nothing is under way any more: the next one need not wait until it runs out.
            await self._ask("leave", grip)

    async def _keep(self, grip: _Grip, stop: asyncio.Event) -> None:
        """Returns when the turn is lost, or is to be given back. A store that does not answer has
        until the turn runs out.
        """
        while not await wait(stop, self._renew_s):
            until_s = self._until_s()
            kept = await self._ask("keep", grip)
            if kept:
                grip.until_s = until_s
            elif kept is False:
                grip.until_s = 0.0  # what is being finished must not go on in its name
                return
            elif not grip.is_ours:
                return

    def _until_s(self) -> float:
        """Taken before the store is asked, which counts from later. A tenth is not used: the store's
        clock may run faster.
        """
        return _now_s() + 0.9 * self._lasts_s

    async def _ask(self, what: str, grip: _Grip) -> bool | None:
        """None when the store does not answer."""
        return await self._calls.ask(self._key, what, grip.token, int(self._lasts_s * 1000))

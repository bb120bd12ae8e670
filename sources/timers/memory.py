"""How far each timer has come, remembered in the store for whoever fires it next."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from redis.asyncio import Redis

from poplin.log.scripts import Script
from poplin.store import translated
from sources.timers.due import Missed
from sources.turn import Held, TurnLostError

__all__ = ["TICKS", "Memory", "Progress"]

TICKS = "{poplin:sources}:ticks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`last` is the newest tick that needs nothing more, or when the timer began. `schedule` is the
    digest of what it fires by: of another schedule `last` says nothing.
    """

    last: datetime
    schedule: str
    missed: Missed | None = None
    """What was told of last."""
    missed_at: datetime | None = None
    """When."""


class Memory:
    """Of one timer. Fenced: it changes nothing for who has lost the turn, and raises TurnLostError."""

    def __init__(self, redis: Redis, source_key: str) -> None:
        self._redis = redis
        self._key = source_key

    async def read(self) -> Progress | None:
        """None also for what another version wrote and this one cannot read."""
        with translated():
            value: Any = await self._redis.hget(TICKS, self._key)
        try:
            return None if value is None else msgspec.json.decode(value, type=Progress)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None

    async def put(self, held: Held, progress: Progress) -> None:
        value = msgspec.json.encode(progress)
        if not await _remember(self._redis, (held.key, TICKS), (held.token, self._key, value)):
            raise TurnLostError(f"the turn {held.key} is another's")

    async def forget(self) -> None:
        """The source is gone, and its turn with it."""
        with translated():
            await self._redis.hdel(TICKS, self._key)


_remember = Script("remember", "sources")

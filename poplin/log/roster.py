"""The roster: which dispatchers are alive, and which partitions each of them is to read.

It saves work and guards nothing: while two of them disagree both may read a partition, and
`route` lets one win.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from redis.asyncio import Redis

from poplin.log.scripts import Script
from poplin.store import translated

__all__ = ["LOOK_S", "Roster", "alive", "share"]

LOOK_S = 0.25
"""Between two looks at the roster."""
_SILENT_S = 2.0
"""After so long without a word a dispatcher is taken for dead."""
_SPEAK_S = 0.75
"""Between two words; looks that come sooner write nothing to the store's disk."""
_KEY = "{poplin:catalog}:dispatchers"

_Part = TypeVar("_Part", bound=tuple[Any, ...])


class Roster:
    """A sorted set: name → when it last said that it is alive, by the server's clock."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self.name = name

    async def look(self) -> list[str]:
        """Say that this one is alive, if need be; the names of all that are, in order."""
        silent_us, speak_us = int(_SILENT_S * 1e6), int(_SPEAK_S * 1e6)
        names = await _roster(self._redis, (_KEY,), (self.name, silent_us, speak_us))
        return sorted(name.decode() for name in names)

    async def leave(self) -> None:
        """The others share what this one read from their next look on."""
        with translated():
            await self._redis.zrem(_KEY, self.name)


async def alive(redis: Redis) -> list[str]:
    """For who is none of them: the names of those that spoke lately."""
    now_us = int(await _clock(redis, (_KEY,), ()))
    # One that speaks between the two calls is no one from the future.
    since, until = now_us - int(_SILENT_S * 1e6), now_us + int(_SPEAK_S * 1e6)
    with translated():
        names: Any = await redis.zrangebyscore(_KEY, since, until)
    return sorted(name.decode() for name in names)


def share(parts: Iterable[_Part], names: list[str], name: str) -> set[_Part]:
    """What `name` is to read, of parts and names that all know: as many as each other, or one
    more; of the partitions of one broker too.
    """
    if name not in names:
        return set()
    return set(sorted(parts)[names.index(name) :: len(names)])


_clock = Script("clock")
_roster = Script("roster")

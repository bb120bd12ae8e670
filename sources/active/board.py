"""Where each process says how those sources fare that work in it, and reads of the others."""

import asyncio
from collections.abc import Iterable, Mapping

from redis.asyncio import Redis

from sources.active.memory import Said, Word, read_said, say

__all__ = ["Board"]

_AGAIN_S = 5.0
"""Though nothing changed: so that a store that lost all has it again."""


class Board:
    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self.said: Mapping[str, Said] = {}
        """Of all sources that ever worked and are not forgotten, by key, as it was last read."""
        self._written: Mapping[str, Said] = {}
        self._again_at = 0.0

    async def exchange(self, words: Iterable[Word]) -> None:
        """Write what is new of these, which is all that works here, and read the rest. Raises
        StoreUnavailableError; then all is as before.
        """
        found = list(words)
        now = asyncio.get_running_loop().time()
        is_again = now >= self._again_at
        await say(
            self._redis,
            [each for each in found if is_again or each.said != self._written.get(each.source)],
        )
        self._again_at = now + _AGAIN_S if is_again else self._again_at
        self._written = {each.source: each.said for each in found}
        self.said = await read_said(self._redis)

"""How far a source has come by its own word, whenever history is taken from under it."""

import asyncio
from typing import Any

from redis.asyncio import Redis

from tests.cluster.history import Gap

__all__ = ["Gaps"]

_LOOK_S = 0.01


class Gaps:
    """Of one source. What it remembers in the store is looked at where that makes the ledger
    stricter: how far it had come, and when it had come past what was compacted.
    """

    def __init__(self, redis: Redis, source_key: str) -> None:
        self.found: list[Gap] = []
        self._redis = redis
        self._key = f"{{poplin:sources}}:checkpoints:{source_key}"
        self._low: int | None = None
        self._past: int | None = None

    @property
    def is_open(self) -> bool:
        return self._low is not None

    async def begin(self) -> None:
        """Before history is compacted. One that is open grows."""
        if self._low is None:
            self._low = min(await self.checkpoints())
        self._past = None

    def compacted(self, revision: int) -> None:
        self._past = revision

    async def follow(self) -> None:
        """Until it is cancelled."""
        while True:
            if self._low is not None and self._past is not None:
                points = await self.checkpoints()
                if min(points) >= self._past:
                    self.found.append(Gap(self._low, max(points)))
                    self._low = self._past = None
            await asyncio.sleep(_LOOK_S)

    async def put(self, revision: int) -> None:
        """As if a bookmark had told it that nothing happened up to there."""
        for field in await self._fields():
            await self._redis.hset(self._key, field, str(revision))

    async def checkpoints(self) -> list[int]:
        """Of each kind that it watches."""
        return [int(each) for each in (await self._fields()).values()]

    async def _fields(self) -> dict[bytes, bytes]:
        """Those of a watch and a scope: what names a watch alone is no checkpoint."""
        found: Any = await self._redis.hgetall(self._key)
        return {field: each for field, each in found.items() if b"/" in field}

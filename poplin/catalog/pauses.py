"""Which triggers an operator has paused: a set of uids beside the catalog.

Files own the catalog and would write over it; a uid outlives edits, and a removal as long as the
trigger may come back.
"""

from typing import Any

from redis.asyncio import Redis

from poplin.log.scripts import Script
from poplin.store import translated

__all__ = ["PAUSED", "read_pauses", "set_paused"]

PAUSED = "{poplin:catalog}:paused"


async def read_pauses(redis: Redis) -> frozenset[str]:
    with translated():
        uids: Any = await redis.smembers(PAUSED)
    return frozenset(uid.decode() for uid in uids)


async def set_paused(redis: Redis, uid: str, *, is_paused: bool) -> bool:
    """In force in every dispatcher within a second; whether that is a change."""
    return bool(await _pause(redis, (PAUSED,), (uid, int(is_paused))))


_pause = Script("pause", "poplin.catalog")

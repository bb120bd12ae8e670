"""The triggers that an operator has paused, as this process last saw them."""

from redis.asyncio import Redis

from poplin.catalog import read_pauses

__all__ = ["Pauses"]


class Pauses:
    """Until the first look all are paused: a dispatcher that starts attempts nothing that is to
    wait. While the store is away the last look stays.
    """

    def __init__(self) -> None:
        self._uids: frozenset[str] | None = None

    def holds(self, uid: str) -> bool:
        return self._uids is None or uid in self._uids

    async def look(self, redis: Redis) -> bool:
        """Whether it has changed."""
        seen = await read_pauses(redis)
        changed, self._uids = seen != self._uids, seen
        return changed

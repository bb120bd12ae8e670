"""Whether the fabric still has something to do for anybody."""

from collections.abc import Collection
from typing import Any

from redis.asyncio import Redis

from poplin.catalog.catalog import logs, read

__all__ = ["owes_nothing"]


async def owes_nothing(redis: Redis, *, but: Collection[str] = ()) -> bool:
    """All entries are routed, and then no queue holds one; `but` names triggers that may be owed.

    A reply is an entry by then, which may be routed later: where there are replies, ask again.
    """
    catalog = await read(redis)
    served = [log for broker in catalog.brokers.values() for log in logs(redis, broker)]
    for log in served:
        newest: Any = await redis.xrevrange(log.keys.log, count=1)
        if newest and newest[0][0] != (await log.position()).cursor:
            return False
    for log in served:
        for trigger in catalog.triggers_of(log.keys.broker):
            if trigger.name not in but and await redis.zcard(log.keys.due(trigger.uid)):
                return False
    return True

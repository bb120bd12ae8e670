"""A fabric's broker `default/main` of two partitions: events into its log, and who got them."""

from collections import Counter

import orjson
from redis.asyncio import Redis

from poplin.catalog.catalog import read
from poplin.log import Entry, Log
from tests.fabric import Subscriber
from tests.owing import owes_nothing
from tests.waiting import until

__all__ = ["Shop"]


class Shop:
    """Events of the broker, numbered on, and who got them."""

    def __init__(self, redis: Redis, peer: Subscriber) -> None:
        self.redis, self.peer = redis, peer
        self.logs = [Log(redis, "default/main", number) for number in range(2)]

    async def accept(self, prefix: str, count: int, kind: str = "audit", **more: str) -> set[str]:
        ids = [f"{prefix}-{number}" for number in range(count)]
        for start in range(0, count, 100):
            entries = [
                Entry(
                    orjson.dumps(
                        {"specversion": "1.0", "id": each, "source": "/s", "type": kind, **more}
                    ),
                    None,
                    b"data of " + each.encode(),
                )
                for each in ids[start : start + 100]
            ]
            assert await self.logs[start // 100 % 2].append(entries)
        return set(ids)

    async def is_idle(self) -> None:
        await until(lambda: owes_nothing(self.redis), 120)

    def got(self, prefix: str) -> Counter[str]:
        """Requests by event id."""
        ids = (each.headers["ce-id"] for each in self.peer.received)
        return Counter(each for each in ids if each.startswith(prefix))

    async def dead(self, trigger: str = "audit") -> int:
        record = (await read(self.redis)).triggers[f"default/{trigger}"]
        return sum([int(await self.redis.zcard(log.keys.dead(record.uid))) for log in self.logs])

    async def given_up(self, prefix: str, count: int) -> set[str]:
        """Dead letters; the subscriber takes events again."""
        self.peer.answer = lambda _: (400, "", b"no such order")
        ids = await self.accept(prefix, count)
        await self.is_idle()
        self.peer.received.clear()
        self.peer.answer = lambda _: (202, "", b"")
        return ids

"""A broker with triggers in the store, and events that go through it step by step."""

from collections.abc import Sequence
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog, TriggerRecord, publish
from poplin.grave import Grave
from poplin.log import Burial, Deferral, Entry, Held, Log, LogId, Matches
from poplin.log.journal import Kind, encode_outcomes, encode_routed
from poplin.trace import Match, trace

__all__ = ["BROKER", "GRAVE", "Steps", "entry", "lines", "trigger"]

BROKER = BrokerRecord(namespace="shop", name="orders")

GRAVE = Grave(
    reason="answered 500",
    status=500,
    destination="http://sink/",
    attempts=2,
    first_us=1,
    last_us=2,
)


def trigger(name: str, **settings: Any) -> TriggerRecord:
    """Its uid is its name."""
    return TriggerRecord(
        uid=name,
        namespace="shop",
        name=name,
        broker="orders",
        subscriber_uri="http://a/",
        **settings,
    )


def entry(event_id: str, source: str = "/s") -> Entry:
    attributes = {"specversion": "1.0", "id": event_id, "source": source, "type": "t"}
    return Entry(orjson.dumps(attributes), None, b"data")


def lines(
    kind: Kind, log_id: LogId, uid: str, attempt: int = 1, status: int = 500, note: str = "",
    *, to_sink: bool = False,
) -> bytes:  # fmt: skip
    return encode_outcomes({(kind, uid, attempt, status, note, to_sink): ([log_id], [3])})


class Steps:
    """What a dispatcher does to a partition, one step at a time, each told in the journal."""

    def __init__(self, redis: Redis, catalog: Catalog, partition: int = 0) -> None:
        self.redis, self.catalog = redis, catalog
        self.log = Log(redis, BROKER.key, partition)

    @classmethod
    async def of(cls, redis: Redis, *triggers: TriggerRecord) -> "Steps":
        return cls(redis, await publish(redis, [BROKER], triggers))

    async def accept(self, *event_ids: str, source: str = "/s") -> list[LogId]:
        return await self.log.append([entry(event_id, source) for event_id in event_ids]) or []

    async def route(self, event_ids: Sequence[str], ids: Sequence[LogId], *uids: str) -> None:
        """Due now for each trigger."""
        matches = {uid: Matches(list(ids)) for uid in uids}
        told = encode_routed(ids, event_ids)
        routed = await self.log.route(await self.log.position(), ids[-1], len(ids), matches, told)
        assert routed.token is not None

    async def routed(self, event_id: str, *uids: str) -> LogId:
        ids = await self.accept(event_id)
        await self.route([event_id], ids, *uids)
        return ids[0]

    async def lease(self, uid: str) -> list[Held]:
        leased = await self.log.lease(uid, 100, 1 << 30)
        return [Held(uid, each.id, leased.token) for each in leased.entries]

    async def settle(self, uid: str, attempt: int = 1, note: str = "") -> None:
        for held in await self.lease(uid):
            told = lines("s", held.id, uid, attempt, 202, note)
            assert await self.log.settle([held], told) == [True]

    async def defer(self, uid: str, attempt: int = 1, delay_s: float = 60) -> None:
        for held in await self.lease(uid):
            told = lines("d", held.id, uid, attempt, 503, "answered 503")
            assert await self.log.defer([Deferral(held, delay_s, True)], told) == [True]

    async def bury(self, uid: str, *, has_sink: bool = False) -> None:
        for held in await self.lease(uid):
            told = lines("b", held.id, uid, 2, 500, "answered 500")
            burial = Burial(held, GRAVE.to_json(), has_sink)
            assert await self.log.bury([burial], told) == [True]

    async def match(self, event_id: str, name: str = "shop/a") -> Match:
        (event,) = (await trace(self.redis, self.catalog, event_id)).events
        (found,) = [each for each in event.matches if each.trigger == name]
        return found

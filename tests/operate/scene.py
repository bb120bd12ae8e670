"""A broker with a trigger and its queues, without dispatchers: the tests are theirs."""

from collections.abc import Sequence
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog, Condition, TriggerRecord, Verdict, publish
from poplin.grave import Grave
from poplin.log import Burial, Entry, Held, Log, LogId, Matches

__all__ = ["FOR_EVER", "GRAVE", "Scene"]

FOR_EVER = 1 << 40
GRAVE = Grave(
    reason="answered 400", status=400, destination="http://s/", attempts=3,
    first_us=1_700_000_000_000_000, last_us=1_700_000_001_000_000, body="bm8=",
)  # fmt: skip


class Scene:
    """`default/main` and its trigger `default/audit`, which takes what `wanted` is 1 of."""

    def __init__(self, redis: Redis, partitions: int = 1) -> None:
        self.redis = redis
        self.broker = BrokerRecord(
            namespace="default", name="main", partitions=partitions, most_partitions=partitions
        )
        self.trigger = TriggerRecord(
            uid="u-audit", namespace="default", name="audit", broker="main",
            subscriber_uri="http://s/", filters=({"exact": {"wanted": "1"}},),
        )  # fmt: skip
        self.logs = [Log(redis, self.broker.key, number) for number in range(partitions)]
        self.count = 0

    @property
    def uid(self) -> str:
        return self.trigger.uid

    async def publish(self, *triggers: TriggerRecord) -> Catalog:
        """The trigger, or these instead."""
        ready = (Condition("Ready", "True"),)
        shown = triggers or (self.trigger,)
        verdicts = [Verdict(kind="Broker", namespace="default", name="main", conditions=ready)]
        verdicts += [
            Verdict(
                kind="Trigger", namespace=each.namespace, name=each.name, broker=each.broker,
                conditions=ready,
            )
            for each in shown
        ]  # fmt: skip
        return await publish(self.redis, [self.broker], shown, verdicts)

    async def accept(self, count: int, partition: int = 0, **attributes: Any) -> list[LogId]:
        """Events, not routed yet; ids of theirs are numbers from 0 on."""
        entries = [
            Entry(
                orjson.dumps(
                    {
                        "specversion": "1.0", "id": str(self.count + n), "source": "/s",
                        "type": "t", "wanted": "1", **attributes,
                    }
                ),
                None,
                b"data",
            )
            for n in range(count)
        ]  # fmt: skip
        self.count += count
        ids = [
            await self.logs[partition].append(entries[n : n + 500]) for n in range(0, count, 500)
        ]
        return [log_id for part in ids for log_id in part or ()]

    async def settled(self, count: int, partition: int = 0, **attributes: Any) -> list[LogId]:
        """Routed to nobody: as if all had been delivered long ago."""
        ids = await self.accept(count, partition, **attributes)
        await self._route(partition, ids, 0)
        return ids

    async def waiting(self, count: int, partition: int = 0) -> list[LogId]:
        ids = await self.accept(count, partition)
        await self._route(partition, ids, 0, is_match=True)
        return ids

    async def dead(self, count: int, partition: int = 0, **attributes: Any) -> list[LogId]:
        """Given up, all in one batch."""
        ids = await self.accept(count, partition, **attributes)
        held = await self._route(partition, ids, count, is_match=True)
        await self.bury(held, partition)
        return ids

    async def bury(self, held: Sequence[Held], partition: int = 0) -> None:
        burials = [Burial(each, GRAVE.to_json(), has_sink=False) for each in held]
        assert all(await self.logs[partition].bury(burials))

    async def die_again(self, partition: int = 0) -> int:
        """What is due is attempted and given up; how many."""
        leased = await self.logs[partition].lease(self.uid, 1000, FOR_EVER)
        if leased.entries:
            held = [Held(self.uid, entry.id, leased.token) for entry in leased.entries]
            await self.bury(held, partition)
        return len(leased.entries)

    async def settle(self, partition: int = 0) -> list[tuple[LogId, str | None]]:
        """What is due is delivered: ids, and the marks they had."""
        log = self.logs[partition]
        leased = await log.lease(self.uid, 1000, FOR_EVER)
        assert all(
            await log.settle([Held(self.uid, entry.id, leased.token) for entry in leased.entries])
        )
        return [(entry.id, entry.replay) for entry in leased.entries]

    async def due(self, partition: int = 0) -> list[LogId]:
        found: Any = await self.redis.zrange(self.logs[partition].keys.due(self.uid), 0, -1)
        return [LogId(each) for each in found]

    async def _route(
        self, partition: int, ids: list[LogId], leased: int, *, is_match: bool = False
    ) -> list[Held]:
        log, held = self.logs[partition], []
        for start in range(0, len(ids), 1000):
            part = ids[start : start + 1000]
            matches = {self.uid: Matches(part, min(leased, len(part)))} if is_match else {}
            routed = await log.route(await log.position(), part[-1], len(part), matches)
            assert routed.token is not None
            held += [Held(self.uid, each, routed.token) for each in part[:leased]]
        return held

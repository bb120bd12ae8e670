"""What nobody needs any more: old log entries, journals and dead letters."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog, TriggerRecord
from poplin.catalog.catalog import logs
from poplin.errors import StoreUnavailableError
from poplin.log import Log, LogId
from poplin.waiting import wait

__all__ = ["Janitor"]


class Janitor:
    """Sweeps the partitions that are this process's to read. Should others do the same, each step
    is one atomic script.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._log = structlog.get_logger()

    async def run(
        self,
        stop: asyncio.Event,
        every_s: float,
        catalog: Callable[[], Catalog],
        is_ours: Callable[[str, int], bool],
    ) -> None:
        while not await wait(stop, every_s):
            try:
                await self._clean(catalog(), is_ours, stop)
            except StoreUnavailableError:
                continue

    async def _clean(
        self, catalog: Catalog, is_ours: Callable[[str, int], bool], stop: asyncio.Event
    ) -> None:
        for broker in catalog.brokers.values():
            for log in logs(self._redis, broker):
                if not is_ours(broker.key, log.keys.partition):
                    continue
                now_us = await log.server_time_us()
                await self._trim(log, broker, now_us, stop)
                for trigger in catalog.triggers_of(broker.key):
                    await self._expire(log, trigger, now_us, stop)

    async def _trim(self, log: Log, broker: BrokerRecord, now_us: int, stop: asyncio.Event) -> None:
        before = LogId(b"%d-0" % max(0, (now_us - int(broker.retention_s * 1e6)) // 1000))
        # A partition that takes no new events any more only shrinks, so all of them together
        # exceed the broker's bytes for the retention at most.
        most_bytes = broker.retention_bytes // broker.partitions
        more = True
        while more and not stop.is_set():
            _, more = await log.trim(before, most_bytes)
        more = True
        while more and not stop.is_set():
            _, more = await log.shorten_journal(broker.journal_bytes // broker.partitions)

    async def _expire(
        self, log: Log, trigger: TriggerRecord, now_us: int, stop: asyncio.Event
    ) -> None:
        before_us = now_us - int(trigger.dead_letter_retention_s * 1e6)
        purged = 0
        while not stop.is_set() and (ids := await log.dead(trigger.uid, before_us)):
            purged += await log.purge(trigger.uid, ids)
        if purged:
            self._log.warning(
                "dead letters removed, older than the retention", trigger=trigger.key, count=purged
            )

"""What removed triggers and brokers left behind: kept a while in case they come back, then gone."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from poplin.catalog import Catalog, RemovedBroker, RemovedTrigger, forget
from poplin.catalog.catalog import logs
from poplin.errors import StoreUnavailableError
from poplin.log import Log
from poplin.waiting import wait

__all__ = ["Removal"]


class Removal:
    """Drops queues and erases logs `kept_s` after their owner left the catalog.

    One dispatcher does it, so that what it counts is all there was. Should two believe that it is
    theirs, each step is one atomic script.
    """

    def __init__(self, redis: Redis, kept_s: float) -> None:
        self._redis = redis
        self._kept_s = kept_s
        self._log = structlog.get_logger()

    async def run(
        self,
        stop: asyncio.Event,
        every_s: float,
        catalog: Callable[[], Catalog],
        is_ours: Callable[[], bool],
    ) -> None:
        while not await wait(stop, min(every_s, self._kept_s)):
            if not is_ours() or not (catalog().removed or catalog().closed):
                continue
            try:
                await self._remove(stop, catalog)
            except StoreUnavailableError:
                continue

    async def _remove(self, stop: asyncio.Event, catalog: Callable[[], Catalog]) -> None:
        # The clock by which the time of the removal was taken.
        before_us = await Log(self._redis, "").server_time_us() - int(self._kept_s * 1e6)
        for trigger in list(catalog().removed.values()):
            if trigger.removed_us <= before_us:
                await self._drop(trigger, stop, catalog)
        waiting = {trigger.broker_key for trigger in catalog().removed.values()}
        for broker in list(catalog().closed.values()):
            # Its triggers left with it or before it; their queues name entries of its log.
            if broker.removed_us <= before_us and broker.key not in waiting and not stop.is_set():
                await self._erase(broker)

    async def _drop(
        self, removed: RemovedTrigger, stop: asyncio.Event, catalog: Callable[[], Catalog]
    ) -> None:
        backlog = dead = 0
        for partition in range(removed.partitions):
            log = Log(self._redis, removed.broker_key, partition)
            counts = await log.owed(removed.uid)
            remain = 1
            while remain:
                # It may come back at any time, and then keeps what it has.
                if stop.is_set() or removed.uid not in catalog().removed:
                    return
                dropped = await log.drop(removed.uid, catalog().version)
                if dropped is None:
                    return
                remain = dropped[1]
            backlog, dead = backlog + counts[0], dead + counts[1]
        await forget(self._redis, removed)
        self._log.warning(
            "queues of a removed trigger dropped",
            trigger=removed.key,
            backlog=backlog,
            dead_letters=dead,
        )

    async def _erase(self, removed: RemovedBroker) -> None:
        events = 0
        for log in logs(self._redis, removed):
            gone = await log.erase()
            if gone is None:
                return
            events += gone
        await forget(self._redis, removed)
        self._log.warning("log of a removed broker erased", broker=removed.key, events=events)

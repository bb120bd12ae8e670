"""All of a dispatcher: one part for each partition in the catalog, and the janitor."""

import asyncio

import structlog
from redis.asyncio import Redis

from dispatcher.janitor import Janitor
from dispatcher.partition import PartitionDispatcher
from dispatcher.suspects import Suspects
from poplin.budget import Budget
from poplin.catalog import Catalog, Follower
from poplin.log import Log
from poplin.sender import Sender
from poplin.settings import DispatcherSettings

__all__ = ["Dispatcher"]


class Dispatcher:
    """Follows the catalog: a PartitionDispatcher for every partition of every broker."""

    def __init__(self, redis: Redis, sender: Sender, settings: DispatcherSettings) -> None:
        self._redis = redis
        self._sender = sender
        self._settings = settings
        self._budget = Budget(settings.max_held_bytes)
        self._suspects = Suspects()
        self._follower = Follower(redis, settings.redis_url, self._follow)
        self._partitions: dict[tuple[str, int], tuple[PartitionDispatcher, asyncio.Event]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self, stop: asyncio.Event) -> None:
        janitor = Janitor(self._redis)
        async with asyncio.TaskGroup() as self._tasks:
            self._tasks.create_task(self._follower.run(stop), name="follow catalog")
            self._tasks.create_task(
                janitor.run(stop, self._settings.trim_s, lambda: self._follower.catalog),
                name="clean",
            )
            await stop.wait()
            for _, partition_stop in self._partitions.values():
                partition_stop.set()

    def _follow(self, catalog: Catalog) -> None:
        wanted = {
            (broker.key, partition)
            for broker in catalog.brokers.values()
            for partition in range(broker.partitions)
        }
        for key in self._partitions.keys() - wanted:
            self._partitions.pop(key)[1].set()
        for key in wanted - self._partitions.keys():
            self._add(*key)
        for partition, _ in self._partitions.values():
            partition.follow(catalog)
        structlog.get_logger().info(
            "dispatching",
            generation=catalog.version,
            brokers=len(catalog.brokers),
            triggers=len(catalog.triggers),
        )

    def _add(self, broker: str, partition: int) -> None:
        log = Log(self._redis, broker, partition)
        dispatcher = PartitionDispatcher(
            log,
            self._settings.redis_url,
            self._sender,
            self._settings,
            self._budget,
            self._suspects,
        )
        stop = asyncio.Event()
        self._partitions[broker, partition] = (dispatcher, stop)
        if self._tasks is not None:
            self._tasks.create_task(
                dispatcher.run(stop, self._follower.refresh), name=f"dispatch {broker}"
            )

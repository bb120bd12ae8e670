"""All of a dispatcher: its brokers, its share of their partitions, the janitor and the relief."""

import asyncio
import os
import socket
import uuid
from collections.abc import Iterator
from contextlib import suppress

import structlog
from redis.asyncio import Redis

from dispatcher.broker import BrokerDispatcher, Version
from dispatcher.janitor import Janitor
from dispatcher.relief import Relief
from dispatcher.removal import Removal
from dispatcher.shared import Shared
from poplin.budget import Budget
from poplin.catalog import Catalog, Follower
from poplin.errors import StoreUnavailableError
from poplin.log import LOOK_S, Roster, share
from poplin.metrics import Flusher, keep_pruned
from poplin.sender import Sender
from poplin.settings import DispatcherSettings
from poplin.waiting import wait

__all__ = ["Dispatcher"]


class Dispatcher:
    """Follows the catalog and the roster: it reads its share of the partitions, and delivers from
    all of them what it can lease.
    """

    def __init__(self, redis: Redis, sender: Sender, settings: DispatcherSettings) -> None:
        self._redis = redis
        self._settings = settings
        self._shared = Shared(
            sender=sender, settings=settings, budget=Budget(settings.max_held_bytes)
        )
        self._flusher = Flusher(redis, self._shared.tally.counts, self._shared.tally.gather)
        self._follower = Follower(redis, settings.redis_url, self._follow)
        self._roster = Roster(redis, _unique_name())
        self._names: list[str] = []
        self._brokers: dict[str, BrokerDispatcher] = {}
        self._ours: set[tuple[str, int]] = set()
        self._tasks = asyncio.TaskGroup()
        self._stopping = False

    async def run(self, stop: asyncio.Event) -> None:
        janitor = Janitor(self._redis)
        async with self._tasks:
            self._tasks.create_task(self._follower.run(stop), name="follow catalog")
            self._tasks.create_task(self._look(stop), name="look at roster")
            self._tasks.create_task(
                janitor.run(
                    stop, self._settings.trim_s, lambda: self._follower.catalog, self._is_ours
                ),
                name="clean",
            )
            self._tasks.create_task(
                Relief(self._redis).run(stop, lambda: self._follower.catalog), name="relieve"
            )
            self._tasks.create_task(self._flusher.run(stop), name="flush counts")
            self._tasks.create_task(keep_pruned(self._redis, stop), name="prune counts")
            self._tasks.create_task(
                Removal(self._redis, self._settings.removed_kept_s).run(
                    stop, self._settings.trim_s, lambda: self._follower.catalog, self._leads
                ),
                name="remove",
            )
            await stop.wait()
            self._stopping = True
            for broker in self._brokers.values():
                broker.stop()
        for broker in self._brokers.values():
            await broker.close()
        await self._flusher.flush()

    def _follow(self, catalog: Catalog) -> None:
        if self._stopping:
            return  # nobody would stop what began now
        for key in self._brokers.keys() - catalog.brokers.keys():
            gone = self._brokers.pop(key)
            gone.stop()
            self._tasks.create_task(gone.close(), name=f"close {key}")
        triggers = catalog.by_broker()
        for key, record in catalog.brokers.items():
            if key not in self._brokers:
                self._brokers[key] = BrokerDispatcher(self._redis, record, self._shared)
            self._brokers[key].follow(
                Version(catalog.version, record, triggers.get(key, [])),
                self._tasks,
                self._follower.refresh,
            )
        self._share()
        structlog.get_logger().info(
            "dispatching",
            generation=catalog.version,
            brokers=len(catalog.brokers),
            triggers=len(catalog.triggers),
        )

    # Sharing with other dispatchers, and what operators ask of all of them

    async def _look(self, stop: asyncio.Event) -> None:
        """While the store is away the last share stays."""
        while not stop.is_set():
            with suppress(StoreUnavailableError):
                names = await self._roster.look()
                if names != self._names:
                    self._names = names
                    self._share()
                if await self._shared.pauses.look(self._redis):
                    for broker in self._brokers.values():
                        broker.follow_pauses()
            await wait(stop, LOOK_S)
        with suppress(StoreUnavailableError):
            await self._roster.leave()

    def _share(self) -> None:
        self._ours = share(self._parts(), self._names, self._roster.name)
        for key, broker in self._brokers.items():
            for number, partition in enumerate(broker.partitions):
                partition.assign(is_ours=(key, number) in self._ours)

    def _parts(self) -> Iterator[tuple[str, int]]:
        for key, broker in self._brokers.items():
            yield from ((key, number) for number in range(len(broker.partitions)))

    def _leads(self) -> bool:
        """Of all dispatchers one does what needs doing once."""
        return self._names[:1] == [self._roster.name]

    def _is_ours(self, broker: str, partition: int) -> bool:
        return (broker, partition) in self._ours


def _unique_name() -> str:
    """For people to find the process by, too."""
    return f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"

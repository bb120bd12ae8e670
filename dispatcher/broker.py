"""One broker in this process: its partitions, and what they share."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.asyncio import Redis

from dispatcher.attempt import Attempter
from dispatcher.partition import PartitionDispatcher
from dispatcher.reader import TriggerSet
from dispatcher.shared import Shared
from dispatcher.trigger import ServedTrigger
from poplin.catalog import BrokerRecord, Catalog, TriggerRecord
from poplin.catalog.catalog import logs
from poplin.errors import PoplinError
from poplin.filters import Attributes, Filter, FilterIndex, compile_filters
from poplin.log import Appends, spread

__all__ = ["BrokerDispatcher"]


class BrokerDispatcher:
    """Its partitions share the compiled filters, the triggers' windows and the way of replies.

    A partition is served until the broker goes, for it may hold events for as long.
    """

    def __init__(self, redis: Redis, record: BrokerRecord, shared: Shared) -> None:
        self._redis = redis
        self._shared = shared
        self._triggers: dict[str, ServedTrigger] = {}
        self._attempter = Attempter(shared.sender, self._replies(record), shared.tally)
        self._stop = asyncio.Event()
        self.partitions: list[PartitionDispatcher] = []

    def follow(
        self,
        record: BrokerRecord,
        catalog: Catalog,
        tasks: asyncio.TaskGroup,
        refresh: Callable[[], Awaitable[object]],
    ) -> None:
        """Take over a new version; partitions that are new run as `tasks`."""
        if record.partitions != self._attempter.replies.partitions:
            self._attempter.replies = self._replies(record)
        for log in logs(self._redis, record)[len(self.partitions) :]:
            partition = PartitionDispatcher(log, self._attempter, self._shared)
            self.partitions.append(partition)
            tasks.create_task(partition.run(self._stop, refresh), name=f"dispatch {log.keys.tag}")
        triggers = self._compiled(catalog, record)
        for partition in self.partitions:
            partition.follow(triggers)
        self.follow_pauses()

    def follow_pauses(self) -> None:
        """Hold what is paused, and begin with what is not any more."""
        for uid, trigger in self._triggers.items():
            trigger.pause(is_paused=self._shared.pauses.holds(uid))

    def stop(self) -> None:
        """Finish what is under way or give it back; the tasks end then."""
        self._stop.set()

    async def close(self) -> None:
        """After the tasks have ended: wait for replies that nobody waits for any more."""
        await self._attempter.replies.close()

    def _compiled(self, catalog: Catalog, record: BrokerRecord) -> TriggerSet:
        known, self._triggers = self._triggers, {}
        entries: list[tuple[str, Filter]] = []
        for trigger in catalog.triggers_of(record.key):
            try:
                compiled = compile_filters(trigger.filters)
                self._triggers[trigger.uid] = self._served(known.get(trigger.uid), trigger)
                entries.append((trigger.uid, compiled))
            except PoplinError as error:
                structlog.get_logger().error("trigger refused", trigger=trigger.key, why=str(error))
        index = FilterIndex(entries, on_fault=self._filter_broken)
        return TriggerSet(catalog.version, index, self._triggers)

    def _served(self, known: ServedTrigger | None, record: TriggerRecord) -> ServedTrigger:
        if known is None:
            return ServedTrigger(record, self._shared.budget)
        known.update(record)
        return known

    def _replies(self, record: BrokerRecord) -> Appends:
        return spread(logs(self._redis, record)[: record.partitions])

    def _filter_broken(self, uid: str, attributes: Attributes, error: Exception) -> None:
        trigger = self._triggers.get(uid)
        name = uid if trigger is None else trigger.record.key
        self._shared.report.filter_broken(name, str(attributes.get("id")), error)

"""One broker in this process: its partitions, and what they share."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

import structlog
from redis.asyncio import Redis

from dispatcher.attempt import Attempter
from dispatcher.partition import PartitionDispatcher
from dispatcher.reader import TriggerSet
from dispatcher.shared import Shared
from dispatcher.trigger import ServedTrigger
from poplin.catalog import BrokerRecord, TriggerRecord
from poplin.catalog.catalog import logs
from poplin.errors import PoplinError
from poplin.filters import Attributes, Filter, FilterIndex, compile_filters
from poplin.log import Appends, spread

__all__ = ["BrokerDispatcher", "Version"]


class Version(NamedTuple):
    """A broker and its triggers as the catalog of that generation has them."""

    generation: int
    record: BrokerRecord
    triggers: Sequence[TriggerRecord]


class BrokerDispatcher:
    """Its partitions share the compiled filters, the triggers' windows and the way of replies.

    A partition is served until the broker goes, for it may hold events for as long.
    """

    def __init__(self, redis: Redis, record: BrokerRecord, shared: Shared) -> None:
        self._redis = redis
        self._shared = shared
        self._served: dict[str, ServedTrigger] = {}
        self._filters: dict[str, Filter] = {}
        """Those of the served triggers, compiled."""
        self._index: FilterIndex[str] = FilterIndex(())
        self._attempter = Attempter(shared.sender, self._replies(record), shared.tally)
        self._stop = asyncio.Event()
        self._running: list[asyncio.Task[None]] = []
        self.partitions: list[PartitionDispatcher] = []

    def follow(
        self,
        version: Version,
        tasks: asyncio.TaskGroup,
        refresh: Callable[[], Awaitable[object]],
    ) -> None:
        """Take over a new version; partitions that are new run as `tasks`."""
        record = version.record
        if not self._attempter.replies.fits(record.partitions, keyed=record.keyed):
            self._attempter.replies = self._replies(record)
        for log in logs(self._redis, record)[len(self.partitions) :]:
            partition = PartitionDispatcher(log, self._attempter, self._shared)
            self.partitions.append(partition)
            running = partition.run(self._stop, refresh)
            self._running.append(tasks.create_task(running, name=f"dispatch {log.keys.tag}"))
        self._take_over(version.triggers)
        triggers = TriggerSet(version.generation, self._index, self._served)
        for partition in self.partitions:
            partition.follow(triggers)
        self.follow_pauses()

    def follow_pauses(self) -> None:
        """Hold what is paused, and begin with what is not any more."""
        for uid, trigger in self._served.items():
            trigger.pause(is_paused=self._shared.pauses.holds(uid))

    def stop(self) -> None:
        """Finish what is under way or give it back; the tasks end then."""
        self._stop.set()

    async def close(self) -> None:
        """Wait until the tasks have ended, then for replies that nobody waits for any more."""
        await asyncio.wait(self._running)
        await self._attempter.replies.close()

    def _take_over(self, records: Sequence[TriggerRecord]) -> None:
        """Compile what is new or edited. The others, a thousand perhaps, cost a look each."""
        known, self._served = self._served, {}
        was, self._filters = self._filters, {}
        for record in records:
            try:
                self._serve(record, known.get(record.uid), was.get(record.uid))
            except PoplinError as error:
                structlog.get_logger().error("trigger refused", trigger=record.key, why=str(error))
        if self._filters != was:
            self._index = FilterIndex(self._filters.items(), on_fault=self._filter_broken)

    def _serve(
        self, record: TriggerRecord, known: ServedTrigger | None, compiled: Filter | None
    ) -> None:
        if known is None or compiled is None or record.filters != known.record.filters:
            compiled = compile_filters(record.filters)
        if known is None:
            known = ServedTrigger(record, self._shared.budget)
        elif record != known.record:
            known.update(record)
        self._served[record.uid] = known
        self._filters[record.uid] = compiled

    def _replies(self, record: BrokerRecord) -> Appends:
        return spread(logs(self._redis, record)[: record.partitions], keyed=record.keyed)

    def _filter_broken(self, uid: str, attributes: Attributes, error: Exception) -> None:
        trigger = self._served.get(uid)
        name = uid if trigger is None else trigger.record.key
        self._shared.report.filter_broken(name, str(attributes.get("id")), error)

"""Which brokers there are, each with the appender of its log."""

from functools import partial

from redis.asyncio import Redis

from ingress.rate import LimitedAppender
from ingress.tally import Tally
from poplin.catalog import BrokerRecord, Catalog
from poplin.catalog.catalog import logs, lookup_broker
from poplin.log import Appends, Log, spread

__all__ = ["Brokers", "Door"]

Door = Appends | LimitedAppender
"""Where a broker's events go in."""


class Brokers:
    """A copy of the catalog's brokers, with the appenders that live as long as they do."""

    def __init__(self, redis: Redis, tally: Tally) -> None:
        self._redis = redis
        self._tally = tally
        self._appenders: dict[str, Appends] = {}
        self._doors: dict[str, Door] = {}
        self.version = -1
        self.logs: list[Log] = []
        """Those that new events go to."""
        self.owing: list[Log] = []
        """These, and those that still hold events from when a broker had more partitions."""

    def get(self, key: str) -> Door | None:
        return self._doors.get(key)

    async def look_up(self, key: str) -> Door | None:
        """Ask the store once, for a broker that was added a moment ago."""
        record = await lookup_broker(self._redis, key, had_catalog=self.version > 0)
        if record is None:
            return None
        self._appenders.setdefault(key, self._appender(record))
        return self._doors.setdefault(key, self._door(record))

    def follow(self, catalog: Catalog) -> None:
        """Take over a new version of the catalog."""
        self._appenders = {
            key: self._kept(record) or self._appender(record)
            for key, record in catalog.brokers.items()
        }
        self._doors = {key: self._door(record) for key, record in catalog.brokers.items()}
        self.logs = [log for record in catalog.brokers.values() for log in self._logs(record)]
        self.owing = [
            log for record in catalog.brokers.values() for log in logs(self._redis, record)
        ]
        self.version = catalog.version

    async def close(self) -> None:
        for door in list(self._doors.values()):
            await door.close()
        for appender in list(self._appenders.values()):
            await appender.close()

    def _kept(self, record: BrokerRecord) -> Appends | None:
        """To spread them otherwise a new one; requests at the old one are answered."""
        appender = self._appenders.get(record.key)
        if appender is None or not appender.fits(
            record.partitions, keyed=record.keyed, window_s=record.dedupe_window_s
        ):
            return None
        return appender

    def _appender(self, record: BrokerRecord) -> Appends:
        return spread(
            self._logs(record),
            keyed=record.keyed,
            window_s=record.dedupe_window_s,
            repeated=partial(self._tally.repeated, record.key),
        )

    def _logs(self, record: BrokerRecord) -> list[Log]:
        return logs(self._redis, record)[: record.partitions]

    def _door(self, record: BrokerRecord) -> Door:
        """Only a broker with a limit pays for one."""
        appender = self._appenders[record.key]
        if record.rate_limit is None:
            return appender
        door = self._doors.get(record.key)
        if isinstance(door, LimitedAppender):
            door.appender, door.rate = appender, record.rate_limit
            return door
        return LimitedAppender(appender, Log(self._redis, record.key), record.rate_limit)

"""Which brokers there are, each with the appender of its log."""

from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog
from poplin.catalog.catalog import lookup_broker
from poplin.log import Appender, Log

__all__ = ["Brokers"]


class Brokers:
    """A copy of the catalog's brokers, with the appenders that live as long as they do."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._appenders: dict[str, Appender] = {}
        self.version = -1
        self.logs: list[Log] = []

    def get(self, key: str) -> Appender | None:
        return self._appenders.get(key)

    async def look_up(self, key: str) -> Appender | None:
        """Ask the store once, for a broker that was added a moment ago."""
        record = await lookup_broker(self._redis, key, had_catalog=self.version > 0)
        if record is None:
            return None
        return self._appenders.setdefault(key, self._appender(record))

    def follow(self, catalog: Catalog) -> None:
        """Take over a new version of the catalog."""
        self._appenders = {
            key: self._appenders.get(key) or self._appender(record)
            for key, record in catalog.brokers.items()
        }
        self.logs = [
            Log(self._redis, record.key, partition)
            for record in catalog.brokers.values()
            for partition in range(record.partitions)
        ]
        self.version = catalog.version

    async def close(self) -> None:
        for appender in list(self._appenders.values()):
            await appender.close()

    def _appender(self, record: BrokerRecord) -> Appender:
        return Appender(Log(self._redis, record.key))

"""What `/metrics` tells of one moment, asked of the store in short calls."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from console.queries import queues
from poplin.catalog import Catalog, SourcesSeen, read_sources
from poplin.catalog.catalog import logs, read
from poplin.log import Log, Meter, QueueFigures, Usage, alive
from poplin.metrics import Totals, read_totals

__all__ = ["Scrape", "Scraper"]

_NEVER = 2.0
"""Of maxmemory. What a partition keeps is not asked for, however much is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """`memory` is of the fullest server; None where the store does not tell."""

    catalog: Catalog
    totals: Totals
    queues: Mapping[str, QueueFigures]
    """By uid of the trigger."""
    memory: Usage | None
    dispatchers: int
    sources: SourcesSeen
    time_us: float


class Scraper:
    """No call holds the store for more than some milliseconds, however many triggers there are."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._meter = Meter(above=_NEVER)

    async def scrape(self) -> Scrape:
        """Raises StoreUnavailableError."""
        catalog = await read(self._redis)
        found = await queues(self._redis, catalog, catalog.triggers.values())
        return Scrape(
            catalog=catalog,
            totals=await read_totals(self._redis),
            queues={uid: figures for uid, (figures, _) in found.items()},
            memory=await self._memory(catalog),
            dispatchers=len(await alive(self._redis)),
            sources=await read_sources(self._redis),
            time_us=time.time() * 1e6,
        )

    async def _memory(self, catalog: Catalog) -> Usage | None:
        parts = [log for each in catalog.brokers.values() for log in logs(self._redis, each)]
        try:
            usages = await self._meter.look(parts or [Log(self._redis, "")])
        except RedisError:
            return None  # it forbids INFO within scripts
        return max(usages.values(), key=lambda each: each.fullness)

"""From what a process counts to the totals in the store, every two seconds."""

import asyncio
from collections.abc import Callable
from uuid import uuid4

import structlog
from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.metrics.counts import Counts
from poplin.metrics.totals import add_slice, slices
from poplin.waiting import wait

__all__ = ["FLUSH_S", "Flusher"]

FLUSH_S = 2.0


class Flusher:
    """Writes differences, and nothing when nothing has changed.

    While the store is away the process goes on counting. What a killed process had not written is
    lost: two seconds, or the store's absence. A lost answer costs nothing, because the slice is
    sent again under its number until it is answered, and the store counts each number once.
    """

    def __init__(
        self, redis: Redis, counts: Counts, gather: Callable[[], None] = lambda: None
    ) -> None:
        """`gather` is called before counts are taken, for figures that are made only then."""
        self._redis = redis
        self._counts = counts
        self._gather = gather
        self._writer = uuid4().hex
        self._slices: list[dict[str, int]] = []
        self._number = 0
        self._has_said = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`; whoever counts until later calls `flush` in the end."""
        while not await wait(stop, FLUSH_S):
            await self.flush()

    async def flush(self) -> None:
        """Never raises: nobody shall lose an event because it could not be counted."""
        try:
            await self._write()
            self._gather()
            self._slices = slices(self._counts.take())
            await self._write()
        except StoreUnavailableError:
            return
        except Exception as error:  # noqa: BLE001 - a store that forbids it, or foreign data
            if not self._has_said:
                self._has_said = True
                structlog.get_logger().error(
                    "metrics are not written: the store refuses", why=str(error)
                )

    async def _write(self) -> None:
        while self._slices:
            await add_slice(self._redis, self._writer, self._number, self._slices[0])
            self._number += 1
            del self._slices[0]

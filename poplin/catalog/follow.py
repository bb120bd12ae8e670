"""Keeping a compiled copy of the catalog up to date."""

import asyncio
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from poplin.catalog.catalog import CHANGES, Catalog, read_version
from poplin.catalog.look import NOTHING, look
from poplin.errors import StoreUnavailableError
from poplin.store import connect, translated
from poplin.waiting import wait

__all__ = ["Follower"]

_BLOCK_S = 1.0
_PAUSE_S = 0.2


class Follower:
    """Reads what changed in the catalog whenever that is announced, and hands the new version to
    `on_change`.

    `on_change` is called in the loop's thread, once per version and in order; it must not block.
    A catalog that vanishes from the store stays in force here until it is published again.
    """

    def __init__(self, redis: Redis, url: str, on_change: Callable[[Catalog], None]) -> None:
        self._redis = redis
        self._reader = connect(url, timeout_s=_BLOCK_S + 3)
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._is_gone = False
        self._last = NOTHING

    @property
    def catalog(self) -> Catalog:
        return self._last.catalog

    async def refresh(self) -> Catalog:
        """Look now; for the caller who met a newer generation than it knows."""
        async with self._lock:
            found = await look(self._redis, self._last)
            if found.catalog.version == 0 and self.catalog.version > 0:
                self._say_gone()
                return self.catalog
            self._is_gone = False
            is_new = found.catalog.version != self.catalog.version
            self._last = found
            if is_new:
                self._on_change(found.catalog)
            return found.catalog

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`; while the store is away the last catalog stays in force."""
        is_current = False
        while not stop.is_set():
            try:
                if not is_current:
                    await self.refresh()
                is_current = not (await self._has_news() or await self._is_stale())
            except StoreUnavailableError:
                is_current = False
                await wait(stop, _PAUSE_S)
        await self._reader.aclose()

    async def _has_news(self) -> bool:
        """Waits a while for what is announced after our last look."""
        last = self._last.change or b"0-0"
        with translated():
            return bool(await self._reader.xread({CHANGES: last}, block=int(_BLOCK_S * 1000)))

    async def _is_stale(self) -> bool:
        """A store that lost writes, or all of them, announces nothing."""
        return await read_version(self._redis) != self.catalog.version

    def _say_gone(self) -> None:
        if not self._is_gone:
            self._is_gone = True
            structlog.get_logger().critical(
                "the catalog is gone from the store, which has lost data",
                known=self.catalog.version,
            )

"""Keeping a compiled copy of the catalog up to date."""

import asyncio
from collections.abc import Callable
from typing import Any

import structlog
from redis.asyncio import Redis

from poplin.catalog.catalog import CHANGES, Catalog, read, read_version
from poplin.errors import StoreUnavailableError
from poplin.store import connect, translated
from poplin.waiting import wait

__all__ = ["Follower"]

_BLOCK_S = 1.0
_PAUSE_S = 0.2


class Follower:
    """Reads the catalog whenever a change is announced and hands it to `on_change`.

    `on_change` is called in the loop's thread, once per version and in order; it must not block.
    A catalog that vanishes from the store stays in force here until it is published again.
    """

    def __init__(self, redis: Redis, url: str, on_change: Callable[[Catalog], None]) -> None:
        self._redis = redis
        self._reader = connect(url, timeout_s=_BLOCK_S + 3)
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._is_gone = False
        self.catalog = Catalog(version=-1)

    async def refresh(self) -> Catalog:
        """Read now; for the caller who met a newer generation than it knows."""
        async with self._lock:
            catalog = await read(self._redis)
            if catalog.version == 0 and self.catalog.version > 0:
                self._say_gone()
                return self.catalog
            self._is_gone = False
            if catalog.version != self.catalog.version:
                self.catalog = catalog
                self._on_change(catalog)
            return catalog

    async def run(self, stop: asyncio.Event) -> None:
        """Follow until `stop`; while the store is away the last catalog stays in force."""
        last: bytes | None = None
        while not stop.is_set():
            try:
                if last is None:
                    # The position first: a change between the two is read twice, never missed.
                    last = await self._last_change()
                    await self.refresh()
                if await self._changed_after(last) or await self._is_stale():
                    last = None
            except StoreUnavailableError:
                last = None
                await wait(stop, _PAUSE_S)
        await self._reader.aclose()

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

    async def _last_change(self) -> bytes:
        with translated():
            newest: Any = await self._redis.xrevrange(CHANGES, count=1)
        return bytes(newest[0][0]) if newest else b"0-0"

    async def _changed_after(self, last: bytes) -> bool:
        with translated():
            return bool(await self._reader.xread({CHANGES: last}, block=int(_BLOCK_S * 1000)))

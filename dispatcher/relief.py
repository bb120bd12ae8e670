"""Room for what is owed: while memory is short, settled events go before any event is refused."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

import structlog
from redis.asyncio import Redis

from poplin.catalog import Catalog
from poplin.catalog.catalog import logs
from poplin.errors import StoreUnavailableError
from poplin.log import Log, LogId, Meter, Usage
from poplin.waiting import wait

__all__ = ["Relief", "share_to_go"]

_SHORT_AT = 0.70
"""Of maxmemory. The ingress refuses from 0.80 on (ingress/admission.py)."""
_SHORTEN_TO = 0.65
_PLENTY_AT = 0.60
_CALM_S = 1.0
_SOON_S = 0.25
_JOURNAL_KEPT_BYTES = 256 * 1024
"""In need it tells what the matter is."""
_NO_AGE = LogId(b"0-0")
_MOST_SLICES = 64
"""Calls for one stream and look."""


class Relief:
    """Shortens replay windows and journals, all by the same share, down to nothing if need be.

    Several may run at once: at worst a window is shorter than it had to be.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._meter = Meter(above=_SHORT_AT)
        self._was_said = False

    async def run(self, stop: asyncio.Event, catalog: Callable[[], Catalog]) -> None:
        """Look once a second, and more often while there is something to take away."""
        pause_s = _CALM_S
        while not await wait(stop, pause_s):
            found = [
                log for broker in catalog().brokers.values() for log in logs(self._redis, broker)
            ]
            try:
                pause_s = _SOON_S if await self.relieve(found) else _CALM_S
            except StoreUnavailableError:
                pause_s = _CALM_S
            except Exception as error:  # noqa: BLE001 - a store that forbids INFO in scripts, say
                structlog.get_logger().error(
                    "no relief of memory: the store refuses to tell", why=str(error)
                )
                return

    async def relieve(self, partitions: Sequence[Log]) -> int:
        """How many entries went."""
        usages = await self._meter.look(partitions)
        share = share_to_go(usages.values())
        self._say(share, max((usage.fullness for usage in usages.values()), default=0.0))
        if not share:
            return 0
        return sum([await _shorten(log, usages.get(log.keys), share) for log in partitions])

    def _say(self, share: float, fullness: float) -> None:
        if share and not self._was_said:
            structlog.get_logger().warning(
                "replay windows are being shortened: memory is short",
                used_percent=round(fullness * 100),
                to_change="maxmemory (--store-memory), poplin.dev/retention-bytes",
            )
            self._was_said = True
        elif fullness < _PLENTY_AT:
            self._was_said = False


def share_to_go(usages: Collection[Usage]) -> float:
    """Of all that is not owed, from 0 to 1. Of several servers it is the fullest that counts."""
    fullest = max(usages, key=lambda usage: usage.fullness, default=None)
    if fullest is None or fullest.fullness <= _SHORT_AT:
        return 0.0
    spare = sum(usage.settled_bytes + _spare_journal(usage) for usage in usages)
    excess = fullest.used - _SHORTEN_TO * fullest.limit
    return min(1.0, excess / spare) if spare else 0.0


def _spare_journal(usage: Usage) -> int:
    return max(0, usage.journal_bytes - _JOURNAL_KEPT_BYTES)


async def _shorten(log: Log, usage: Usage | None, share: float) -> int:
    if usage is None:
        return 0
    if spare := _spare_journal(usage):
        await _sliced(log.shorten_journal, usage.journal_bytes - int(share * spare))
    if not usage.settled_bytes:
        return 0
    return await _sliced(
        partial(log.trim, _NO_AGE), usage.log_bytes - int(share * usage.settled_bytes)
    )


async def _sliced(shorten: Callable[[int], Awaitable[tuple[int, bool]]], most_bytes: int) -> int:
    total = 0
    for _ in range(_MOST_SLICES):  # the next look goes on: a stop must not wait for all of it
        gone, more = await shorten(most_bytes)
        total += gone
        if not more:
            break
    return total

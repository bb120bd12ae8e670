"""Following a broker's log in all partitions, for whoever watches."""

import asyncio
import time
from collections.abc import AsyncGenerator

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord
from poplin.catalog.catalog import logs, lookup_broker
from poplin.errors import StoreUnavailableError
from poplin.filters import Filter
from poplin.log import BEGINNING, Entry, LogId, entry_at, is_before, scan
from poplin.operate import Place

__all__ = ["Positions", "Tail", "newest"]

Positions = dict[int, LogId]
"""Per partition the last entry that was shown, or passed over."""

_SCANNED = 100
_PAUSE_S = 0.1
_PAUSE_PER_PARTITION_S = 0.005
_LOOK_EVERY_S = 1.0
_BEAT_S = 10.0
_MATCHING_S = 0.02
_END = LogId(b"+")


async def newest(redis: Redis, broker: BrokerRecord) -> Positions:
    """The end of every partition's log."""
    found: Positions = {}
    for log in logs(redis, broker):
        stretch = await scan(redis, log.keys, _END, _END, 0)
        found[log.keys.partition] = stretch.newest or BEGINNING
    return found


class Tail:
    """Reads behind `positions`, to `end` where that is given, else for as long as it is asked.

    It holds one event at a time, and the attributes of the next ones: however slow its reader
    is, only the reader waits. What is trimmed before he gets there he does not see.
    """

    def __init__(
        self,
        redis: Redis,
        broker: BrokerRecord,
        positions: Positions,
        wanted: Filter,
        end: Positions | None = None,
    ) -> None:
        self._redis = redis
        self._broker = broker
        self._positions = dict(positions)
        self._wanted = wanted
        self._end = end
        self._looked_at = time.monotonic()

    async def events(self) -> AsyncGenerator[tuple[Place, Entry] | None, None]:
        """In the order of their acceptance, as far as partitions tell of one another. None is a
        sign of life, when there is nothing else to say. Ends when the broker is gone.
        """
        said_at = time.monotonic()
        while True:
            is_idle = True
            try:
                if not await self._is_served():
                    return
                stretch = await self._stretch()
                is_idle = not stretch
                for place, matches in stretch:
                    entry = await self._entry(place) if matches else None
                    if entry is not None:
                        yield place, entry
                        said_at = time.monotonic()
                    self._positions[place.partition] = place.id
            except StoreUnavailableError:
                pass  # it is said in our log; we go on where we were
            if time.monotonic() - said_at >= _BEAT_S:
                yield None
                said_at = time.monotonic()
            if is_idle:
                if self._end is not None:
                    return
                await asyncio.sleep(_PAUSE_S + _PAUSE_PER_PARTITION_S * self._broker.served)

    async def _is_served(self) -> bool:
        """Look whether the broker is there, and how many partitions it has by now."""
        if time.monotonic() - self._looked_at >= _LOOK_EVERY_S:
            found = await lookup_broker(self._redis, self._broker.key, had_catalog=True)
            if found is None:
                return False
            self._broker, self._looked_at = found, time.monotonic()
        return True

    async def _stretch(self) -> list[tuple[Place, bool]]:
        """The next entries of every partition, by time, and whether each is wanted."""
        found: list[tuple[Place, bool]] = []
        for log in logs(self._redis, self._broker):
            partition = log.keys.partition
            position = self._positions.get(partition, BEGINNING)
            last = _END if self._end is None else self._end.get(partition, BEGINNING)
            if last != _END and not is_before(position, last):
                continue
            entries = (await scan(self._redis, log.keys, b"(" + position, last, _SCANNED)).entries
            began = time.monotonic()
            for log_id, attributes in entries:
                matches = self._wanted.matches(orjson.loads(attributes))
                found.append((Place(partition, log_id), matches))
                if time.monotonic() - began > _MATCHING_S:  # others ask too
                    await asyncio.sleep(0)
                    began = time.monotonic()
        return sorted(found, key=_time)

    async def _entry(self, place: Place) -> Entry | None:
        """None for what was trimmed meanwhile."""
        keys = logs(self._redis, self._broker)[place.partition].keys
        return await entry_at(self._redis, keys, place.id)


def _time(found: tuple[Place, bool]) -> tuple[int, int]:
    milliseconds, sequence = found[0].id.split(b"-")
    return int(milliseconds), int(sequence)

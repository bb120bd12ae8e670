"""Looking at dead letters and old entries: bounded reads that change nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.asyncio import Redis

from poplin.log.keys import Keys
from poplin.log.scripts import Script
from poplin.log.values import Entry, LogId
from poplin.store import translated

__all__ = ["Death", "Graveyard", "Scan", "entry_at", "scan"]

_BYTES = 4 * 1024 * 1024
"""What one call reads of events at most, but for the last: it keeps the store from others."""
_INSPECTED = 500


class Death(NamedTuple):
    """A dead letter's place in its line: by time, then by id as the server orders them."""

    died_us: int
    id: LogId


class Graveyard:
    """The dead letters of one trigger in one partition."""

    def __init__(self, redis: Redis, keys: Keys, uid: str) -> None:
        self._redis = redis
        self._dead, self._grave, self._log = keys.dead(uid), keys.grave(uid), keys.log

    async def page(
        self, count: int, *, before_us: int | None = None, after: Death | None = None
    ) -> list[Death]:
        """The oldest, behind `after` and given up until `before_us`."""
        found: list[Death] = []
        skipped = 0
        while len(found) < count:
            rows = await self._range(after, before_us, skipped, count)
            # Those that were buried in one batch have one time: among them the id decides.
            found += [row for row in rows if after is None or row > after]
            skipped += len(rows)
            if len(rows) < count:
                break
        return found[:count]

    async def _range(
        self, after: Death | None, before_us: int | None, skip: int, count: int
    ) -> list[Death]:
        lowest = "-inf" if after is None else after.died_us
        with translated():
            rows: Any = await self._redis.zrangebyscore(
                self._dead, lowest, _highest(before_us), skip, count, withscores=True
            )
        return [Death(int(died), LogId(log_id)) for log_id, died in rows]

    async def count(self, before_us: int | None = None) -> int:
        with translated():
            return int(await self._redis.zcount(self._dead, "-inf", _highest(before_us)))

    async def until(self, death: Death) -> int:
        """How many there are up to this one."""
        with translated():
            rank: Any = await self._redis.zrank(self._dead, death.id)
        return await self.count(death.died_us) if rank is None else int(rank) + 1

    async def died(self, ids: Sequence[LogId]) -> list[int | None]:
        """When each was given up, None for what is not dead; at least one id."""
        members: Any = list(ids)  # redis-py's annotation knows no bytes
        with translated():
            times: Any = await self._redis.zmscore(self._dead, members)
        return [None if time is None else int(time) for time in times]

    async def inspect(self, ids: Sequence[LogId]) -> list[tuple[bytes, bytes]]:
        """Grave and attributes of each; empty where they are gone."""
        found: list[tuple[bytes, bytes]] = []
        while len(found) < len(ids):
            part = ids[len(found) : len(found) + _INSPECTED]
            rows = await _inspect(self._redis, (self._grave, self._log), (_BYTES, *part))
            found += [(grave, attributes) for grave, attributes in rows]
        return found


def _highest(before_us: int | None) -> int | str:
    return "+inf" if before_us is None else before_us


async def entry_at(redis: Redis, keys: Keys, log_id: LogId) -> Entry | None:
    """The whole event; None when the log does not have it."""
    with translated():
        rows: Any = await redis.xrange(keys.log, log_id, log_id)
    if not rows:
        return None
    fields = rows[0][1]
    return Entry(fields[b"a"], fields.get(b"h"), fields.get(b"d", b""))


@dataclass(frozen=True, slots=True)
class Scan:
    """A stretch of a log: ids and attributes, and where in the whole log it lies."""

    length: int
    """Of the log."""
    oldest: LogId | None
    newest: LogId | None
    has_more: bool
    entries: list[tuple[LogId, bytes]]


async def scan(redis: Redis, keys: Keys, first: bytes, last: bytes, count: int) -> Scan:
    """Up to `count` entries from `first` to `last`, as of XRANGE: `(` leaves out the first."""
    length, oldest, newest, more, *words = await _scan(
        redis, (keys.log,), (first, last, count, _BYTES)
    )
    return Scan(
        int(length),
        LogId(oldest) if oldest else None,
        LogId(newest) if newest else None,
        bool(more),
        [(LogId(words[n]), words[n + 1]) for n in range(0, len(words), 2)],
    )


_inspect = Script("inspect")
_scan = Script("scan")

"""Looking into a partition for people who ask: it changes nothing, and each call is short."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from redis.asyncio import Redis

from poplin.log.keys import Keys
from poplin.log.scripts import Script
from poplin.log.values import BEGINNING, LogId
from poplin.store import translated

__all__ = [
    "FIRST",
    "NEWEST",
    "PARKED_US",
    "Chunk",
    "Look",
    "Page",
    "Place",
    "Sought",
    "Standing",
    "Standings",
    "beside",
]

FIRST, NEWEST = LogId(b"-"), LogId(b"+")
"""The ends of a log."""

PARKED_US = 9_000_000_000_000_000
"""In a due set, of an ordered trigger's entry that waits behind another of its key.
PARKED of scripts/common.lua."""

_CHUNKS = 64
_TRIGGERS = 100
_ENTRIES = 500
_BYTES = 1024 * 1024
"""A call that looks at so much holds the store for some ms at most."""


class Standing(NamedTuple):
    """Where an entry stands at one trigger; all None and 0 when it is in none of its queues."""

    due: int | None
    """As in the due set: µs from which it may be attempted; negative while it is leased."""
    tries: int
    died_us: int | None
    grave: bytes | None


@dataclass(frozen=True, slots=True)
class Standings:
    """By uid, and as of `now_us` of the server's clock."""

    now_us: int
    cursor: LogId
    by_uid: dict[str, Standing]


@dataclass(frozen=True, slots=True)
class Sought:
    """Entries that have the text, with their attributes as JSON; there is more from `rest` on,
    unless that is None.
    """

    found: list[tuple[LogId, bytes]]
    looked_at: int
    rest: LogId | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where to read on in a journal: from a chunk on, of which so much was read before."""

    chunk: LogId = FIRST
    skip: int = 0


class Chunk(NamedTuple):
    place: Place
    lines: bytes


class Page(NamedTuple):
    """Chunks, and where to read on. At the end there was nothing more when it was read."""

    chunks: list[Chunk]
    rest: Place
    is_end: bool


class Look:
    """Reads of one partition. Any method raises StoreUnavailableError."""

    def __init__(self, redis: Redis, keys: Keys) -> None:
        self._redis = redis
        self.keys = keys

    async def cursor(self) -> LogId:
        """Up to where the log is routed."""
        with translated():
            cursor: Any = await self._redis.hget(self.keys.state, "cursor")
        return LogId(cursor or BEGINNING)

    async def standings(self, log_id: LogId, uids: Sequence[str]) -> Standings:
        """Of many triggers in several calls: `now_us` is of the first."""
        by_uid: dict[str, Standing] = {}
        now_us, cursor = await self._standings(log_id, uids[:_TRIGGERS], by_uid)
        for start in range(_TRIGGERS, len(uids), _TRIGGERS):
            await self._standings(log_id, uids[start : start + _TRIGGERS], by_uid)
        return Standings(now_us, cursor, by_uid)

    async def _standings(
        self, log_id: LogId, uids: Sequence[str], by_uid: dict[str, Standing]
    ) -> tuple[int, LogId]:
        keys = self.keys
        names = [keys.state]
        for uid in uids:
            names += (keys.due(uid), keys.tries(uid), keys.dead(uid), keys.grave(uid))
        now_us, cursor, *rows = await _standing(self._redis, names, (log_id,))
        for uid, (due, tries, died, grave) in zip(uids, rows, strict=True):
            by_uid[uid] = Standing(_number(due), int(tries), _number(died), grave or None)
        return int(now_us), LogId(cursor)

    async def seek(self, text: bytes, first: LogId, last: LogId) -> Sought:
        """Look through the attributes of some hundred entries, both ends included."""
        rest, looked_at, more, *found = await _seek(
            self._redis, (self.keys.log,), (text, first, last, _ENTRIES, _BYTES)
        )
        pairs = zip(map(LogId, found[::2]), found[1::2], strict=True)
        return Sought(list(pairs), int(looked_at), LogId(rest) if more else None)

    async def journal(
        self, place: Place, texts: Sequence[bytes] = (), chunks: int = _CHUNKS
    ) -> Page:
        """Read on from a place: the chunks that have one of the texts, or all."""
        keys = self.keys
        last, tail, *found = await _journal(
            self._redis,
            (keys.journal, keys.journal_tail),
            (place.chunk, place.skip, chunks, *texts),
        )
        pairs = zip(found[::2], found[1::2], strict=True)
        return Page(
            [Chunk(Place(LogId(chunk)), lines) for chunk, lines in pairs],
            Place(LogId(last), max(0, tail)),
            tail >= 0,
        )


_journal = Script("journal")
_standing = Script("standing")
_seek = Script("seek")


def beside(log_id: LogId) -> LogId:
    """As an end of what to look through: this entry is left out."""
    return LogId(b"(" + log_id)


def _number(score: bytes) -> int | None:
    return int(float(score)) if score else None

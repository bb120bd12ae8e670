"""Dead letters back into their queue, or gone for good: a slice of the oldest, or those named."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, RemovedBroker, TriggerRecord
from poplin.errors import PoplinError
from poplin.log import Graveyard, Log, LogId
from poplin.operate.letters import graveyards, oldest
from poplin.operate.place import Place

__all__ = ["Selection", "SliceDone", "UnknownLetterError", "purge", "redrive", "unknown_letter"]

_Act = Callable[[Log, Sequence[LogId]], Awaitable[int]]
_LOOKED_AT = 500
"""Dead letters among which the one that was probably meant is looked for."""


@dataclass(frozen=True, slots=True)
class Selection:
    """`places`, all of them or none; without any the `limit` oldest that died until `before_us`,
    which is now when it is None.
    """

    limit: int = 1000
    before_us: int | None = None
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class SliceDone:
    """Pass `before_us` with the next slice: what dies again meanwhile is left alone then."""

    count: int
    remaining: int
    before_us: int


class UnknownLetterError(PoplinError):
    """One of those named is not a dead letter, so none was touched."""

    def __init__(self, place: Place, nearest: Sequence[str]) -> None:
        super().__init__(f"there is no dead letter {place}")
        self.nearest = list(nearest)


async def redrive(
    redis: Redis, broker: BrokerRecord, trigger: TriggerRecord, selection: Selection
) -> SliceDone:
    """Due again at once, as if never tried. Repeating a call after a lost answer is harmless."""
    uid = trigger.uid

    async def revive(log: Log, ids: Sequence[LogId]) -> int:
        return await log.revive(uid, ids, is_ordered=trigger.is_ordered)

    return await _slice(redis, broker, uid, selection, revive)


async def purge(
    redis: Redis, broker: BrokerRecord, trigger: TriggerRecord, selection: Selection
) -> SliceDone:
    """Gone for good, with their graves. Repeating a call after a lost answer is harmless."""
    uid = trigger.uid
    return await _slice(redis, broker, uid, selection, lambda log, ids: log.purge(uid, ids))


async def _slice(
    redis: Redis, broker: BrokerRecord, uid: str, selection: Selection, act: _Act
) -> SliceDone:
    yards = graveyards(redis, broker, uid)
    before_us = selection.before_us
    if before_us is None:
        # Each time is of a partition's own server; the earliest of them lets nothing come twice.
        before_us = min([await log.server_time_us() for log, _ in yards])
    if selection.places:
        places = list(dict.fromkeys(selection.places))
        await _check(yards, places)
    else:
        places = [place for _, place in await oldest(yards, selection.limit, before_us=before_us)]
    count = 0
    for log, _ in yards:
        ids = [place.id for place in places if place.partition == log.keys.partition]
        if ids:
            count += await act(log, ids)
    remaining = sum([await yard.count(before_us) for _, yard in yards])
    return SliceDone(count, remaining, before_us)


async def _check(yards: Sequence[tuple[Log, Graveyard]], places: Sequence[Place]) -> None:
    """Raises UnknownLetterError for the first that is not dead."""
    known: set[Place] = set()
    for log, yard in yards:
        mine = [place for place in places if place.partition == log.keys.partition]
        times = await yard.died([place.id for place in mine]) if mine else []
        known |= {place for place, time in zip(mine, times, strict=True) if time is not None}
    for place in places:
        if place not in known:
            raise await _unknown(yards, place)


async def unknown_letter(
    redis: Redis, broker: BrokerRecord | RemovedBroker, uid: str, place: Place
) -> UnknownLetterError:
    """With those that were probably meant."""
    return await _unknown(graveyards(redis, broker, uid), place)


async def _unknown(yards: Sequence[tuple[Log, Graveyard]], place: Place) -> UnknownLetterError:
    dead = [str(each) for _, each in await oldest(yards, _LOOKED_AT)]
    return UnknownLetterError(place, get_close_matches(str(place), dead, 3))

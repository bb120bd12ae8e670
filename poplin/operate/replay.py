"""Old events into one trigger's queue again: a slice of the log at a time, from where the last
one ended.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, TriggerRecord
from poplin.catalog.catalog import logs, read
from poplin.errors import PoplinError, StoreUnavailableError
from poplin.filters import Filter
from poplin.log import Log, LogId, Replayed, Scan, scan
from poplin.operate.place import Place
from poplin.store import translated

__all__ = ["MOST_AHEAD", "ReplayOrder", "ReplaySlice", "TriggerGoneError", "replay"]

MOST_AHEAD = 5000
"""Entries that may wait for the subscriber while more are put in: a replay must not fill the
store with what nobody takes yet.
"""
_SCANNED = 1000
_MATCHING_S = 0.1
"""For the filters of one slice: other requests wait meanwhile."""
_TRIES, _PAUSE_S = 20, 0.1
_BEGINNING = Place.beginning(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayOrder:
    """`filters` must all match. Both ends of the window are in it. `after` is where the last
    slice ended; a dry run puts nothing into the queue.
    """

    filters: tuple[Filter, ...]
    since_us: int
    until_us: int
    mark: str
    after: Place = _BEGINNING
    limit: int = 1000
    is_dry: bool = False


@dataclass(frozen=True, slots=True)
class ReplaySlice:
    """What one call did. `next` is None when the window is done; `remaining` is an estimate of
    the entries yet to be looked at. With nothing scanned the subscriber has to catch up first.
    """

    scanned: int
    matched: int
    done: Replayed
    next: Place | None
    remaining: int
    backlog: int


_NOTHING = Replayed(0, 0, 0)


class TriggerGoneError(PoplinError):
    """The trigger was removed meanwhile: nothing more is replayed into it."""


async def replay(
    redis: Redis, broker: BrokerRecord, trigger: TriggerRecord, order: ReplayOrder
) -> ReplaySlice:
    """Entries that wait already come once, those not routed yet come by their route.

    Repeating a call after a lost answer replays again what was settled since the first.
    """
    parts = logs(redis, broker)
    backlog = await _backlog(redis, parts, trigger.uid)
    room = order.limit if order.is_dry else min(order.limit, MOST_AHEAD - backlog)
    if order.after.partition >= len(parts):
        return ReplaySlice(0, 0, _NOTHING, None, 0, backlog)
    log = parts[order.after.partition]
    stretch = await _stretch(redis, log, order, _SCANNED if room > 0 else 0)
    if room <= 0:
        remaining = await _remaining(redis, parts, order, stretch, order.after)
        return ReplaySlice(0, 0, _NOTHING, order.after, remaining, backlog)
    scanned, matches = _matching(stretch, order.filters, room)
    done = _NOTHING
    if matches and not order.is_dry:
        done = await _put(redis, log, trigger, matches, order.mark)
    following = _next(parts, order, stretch, scanned)
    remaining = await _remaining(redis, parts, order, stretch, following) if following else 0
    return ReplaySlice(scanned, len(matches), done, following, remaining, backlog + done.replayed)


async def _backlog(redis: Redis, parts: Sequence[Log], uid: str) -> int:
    with translated():
        return sum([int(await redis.zcard(log.keys.due(uid))) for log in parts])


async def _stretch(redis: Redis, log: Log, order: ReplayOrder, count: int) -> Scan:
    since = b"%d-0" % (max(0, order.since_us) // 1000)
    after = order.after.id
    first = b"(" + after if _ms(after) >= _ms(LogId(since)) else since
    # Without a sequence it is the last of its millisecond.
    last = b"%d" % (max(0, order.until_us) // 1000)
    return await scan(redis, log.keys, first, last, count)


def _ms(log_id: LogId) -> int:
    return int(log_id.partition(b"-")[0])


def _matching(stretch: Scan, filters: Sequence[Filter], most: int) -> tuple[int, list[LogId]]:
    """How many entries were looked at, and who of them matches."""
    matches: list[LogId] = []
    deadline = time.monotonic() + _MATCHING_S
    for scanned, (log_id, text) in enumerate(stretch.entries):
        if len(matches) == most or (scanned and time.monotonic() > deadline):
            return scanned, matches
        attributes = orjson.loads(text)
        if all(each.matches(attributes) for each in filters):
            matches.append(log_id)
    return len(stretch.entries), matches


def _next(parts: Sequence[Log], order: ReplayOrder, stretch: Scan, scanned: int) -> Place | None:
    partition = order.after.partition
    if scanned < len(stretch.entries) or stretch.has_more:
        return Place(partition, stretch.entries[scanned - 1][0])
    return Place.beginning(partition + 1) if partition + 1 < len(parts) else None


async def _remaining(
    redis: Redis, parts: Sequence[Log], order: ReplayOrder, stretch: Scan, following: Place
) -> int:
    """By the share of time, as if events had come evenly."""
    since, until = max(0, order.since_us) // 1000, order.until_us // 1000
    count = 0
    if following.partition == order.after.partition:
        count += _share(stretch, max(since, _ms(following.id)), until)
    for log in parts[max(following.partition, order.after.partition + 1) :]:
        count += _share(await scan(redis, log.keys, b"-", b"+", 0), since, until)
    return count


def _share(log: Scan, since: int, until: int) -> int:
    if log.oldest is None or log.newest is None:
        return 0
    first, last = _ms(log.oldest), _ms(log.newest)
    within = min(until, last) - max(since, first) + 1
    return max(0, round(log.length * within / (last - first + 1)))


async def _put(
    redis: Redis, log: Log, trigger: TriggerRecord, ids: Sequence[LogId], mark: str
) -> Replayed:
    """While a catalog is being published the log may be fenced for another: a moment later not."""
    for _ in range(_TRIES):
        catalog = await read(redis)
        known = catalog.triggers.get(trigger.key)
        if known is None or known.uid != trigger.uid:
            raise TriggerGoneError(f"trigger {trigger.key} was removed; the rest is not replayed")
        done = await log.replay(trigger.uid, ids, catalog.version, mark)
        if done is not None:
            return done
        await asyncio.sleep(_PAUSE_S)
    raise StoreUnavailableError(f"the triggers of {trigger.broker_key} are changing; try again")

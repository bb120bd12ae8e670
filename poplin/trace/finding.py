"""Which entries of a partition have an event's id: by the journal, and where it says nothing by
a look through the log itself.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from poplin.log.journal import ROUTED, checksum, first_routed, routed_in
from poplin.log.look import FIRST, NEWEST, Chunk, Look, Place, Sought, beside
from poplin.log.values import LogId, ordinal

__all__ = ["MOST_EVENTS", "Effort", "Found", "Wanted", "find"]

MOST_EVENTS = 20
"""That have one id: the newest."""
_MOST_CANDIDATES = 1000
"""Whose ids have the same checksum, of other sources or by chance."""
_MOST_ENTRIES = 200_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """`source` None is any."""

    event_id: str
    source: str | None

    @property
    def text(self) -> bytes:
        """As it stands in the attributes of an entry; nothing else in them reads like it."""
        return b'"id":' + orjson.dumps(self.event_id)

    def among(self, sought: Sought) -> Iterator["Found"]:
        for log_id, text in sought.found:
            attributes = orjson.loads(text)
            if self.source in (None, attributes.get("source")):
                yield Found(log_id, attributes)


@dataclass(frozen=True, slots=True)
class Found:
    """`attributes` is None when the log does not have the entry any more. `told_at` is where the
    journal tells of its routing: every line about it comes from there on.
    """

    log_id: LogId
    attributes: Mapping[str, Any] | None
    told_at: Place | None = None


class Effort:
    """How many entries of logs may be looked through yet: less than a second of the store."""

    def __init__(self, entries: int = _MOST_ENTRIES) -> None:
        self.left = entries
        self.ran_out = False


async def find(look: Look, wanted: Wanted, effort: Effort) -> list[Found]:
    """The newest, in log order."""
    # What is routed from here on is both told of and looked through.
    cursor = await look.cursor()
    found = {each.log_id: each for each in await _told(look, wanted)}
    told_from = await _told_from(look)
    await _seek(look, wanted, (beside(cursor), NEWEST), effort, found)
    await _seek(look, wanted, (FIRST, beside(told_from) if told_from else cursor), effort, found)
    return [found[log_id] for log_id in sorted(found, key=ordinal)[-MOST_EVENTS:]]


async def _told(look: Look, wanted: Wanted) -> list[Found]:
    total = checksum(wanted.event_id)
    candidates: deque[tuple[LogId, Place]] = deque(maxlen=_MOST_CANDIDATES)
    async for chunk in _chunks(look, total.encode()):
        candidates.extend((log_id, chunk.place) for log_id in routed_in(chunk.lines, total))
    found: list[Found] = []
    while candidates and len(found) < MOST_EVENTS:
        log_id, place = candidates.pop()
        sought = await look.seek(wanted.text, log_id, log_id)
        if not sought.looked_at:
            found.append(Found(log_id, None, place))
        found += [replace(each, told_at=place) for each in wanted.among(sought)]
    return found


async def _told_from(look: Look) -> LogId | None:
    """The first entry whose routing the journal tells of; it tells of all that follow."""
    async for chunk in _chunks(look, ROUTED, at_once=4):
        return first_routed(chunk.lines)
    return None


async def _chunks(look: Look, text: bytes, at_once: int = 64) -> AsyncIterator[Chunk]:
    place, is_end = Place(), False
    while not is_end:
        chunks, place, is_end = await look.journal(place, [text], at_once)
        for chunk in chunks:
            yield chunk


async def _seek(
    look: Look,
    wanted: Wanted,
    between: tuple[LogId, LogId],
    effort: Effort,
    found: dict[LogId, Found],
) -> None:
    """Add what is found, unless it is known already."""
    rest: LogId | None
    rest, last = between
    while rest is not None:
        if effort.left <= 0:
            effort.ran_out = True
            return
        sought = await look.seek(wanted.text, rest, last)
        effort.left -= sought.looked_at
        rest = sought.rest
        for each in wanted.among(sought):
            found.setdefault(each.log_id, each)

"""Dead letters to look at: in pages, oldest first over all partitions, or one with everything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from heapq import nsmallest

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, RemovedBroker
from poplin.catalog.catalog import logs
from poplin.event import AttributeValue
from poplin.grave import Grave, parse_grave
from poplin.log import Death, Graveyard, Log, LogId
from poplin.operate.place import Place

__all__ = ["DeadLetter", "LetterPage", "find_letter", "graveyards", "list_letters", "oldest"]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """`attributes` are those of the event; none if the log has lost it."""

    place: Place
    died_us: int
    grave: Grave
    attributes: Mapping[str, AttributeValue]


@dataclass(frozen=True, slots=True)
class LetterPage:
    """`remaining` counts the dead letters behind the last of these."""

    letters: list[DeadLetter]
    remaining: int


def graveyards(
    redis: Redis, broker: BrokerRecord | RemovedBroker, uid: str
) -> list[tuple[Log, Graveyard]]:
    """Of each partition, by its number."""
    return [(log, Graveyard(redis, log.keys, uid)) for log in logs(redis, broker)]


async def oldest(
    yards: Iterable[tuple[Log, Graveyard]],
    count: int,
    *,
    before_us: int | None = None,
    after: tuple[int, Place] | None = None,
) -> list[tuple[int, Place]]:
    """When each died, and where it lies; behind `after`, of all partitions together."""
    found: list[tuple[int, Place]] = []
    for log, yard in yards:
        partition = log.keys.partition
        page = await yard.page(count, before_us=before_us, after=_after(after, partition))
        found += [(death.died_us, Place(partition, death.id)) for death in page]
    return nsmallest(count, found)


def _after(last: tuple[int, Place] | None, partition: int) -> Death | None:
    """The same line, drawn in this partition: of one time, the lower partitions come first."""
    if last is None:
        return None
    died_us, place = last
    if partition == place.partition:
        return Death(died_us, place.id)
    # Behind all of that time, or before any: no id is empty, and none begins with a byte so high.
    return Death(died_us, LogId(b"\xff" if partition < place.partition else b""))


async def list_letters(
    redis: Redis,
    broker: BrokerRecord | RemovedBroker,
    uid: str,
    count: int,
    *,
    before_us: int | None = None,
    after: tuple[int, Place] | None = None,
) -> LetterPage:
    """A letter that is redriven between two pages neither repeats nor hides another."""
    yards = graveyards(redis, broker, uid)
    places = await oldest(yards, count + 1, before_us=before_us, after=after)
    letters = await _letters(yards, places[:count])
    if len(places) <= count:
        return LetterPage(letters, 0)
    return LetterPage(letters, await _behind(yards, places[count - 1], before_us))


async def _behind(
    yards: Iterable[tuple[Log, Graveyard]], last: tuple[int, Place], before_us: int | None
) -> int:
    """How many follow."""
    died_us, place = last
    later = 0
    for log, yard in yards:
        later += await yard.count(before_us)
        if log.keys.partition == place.partition:
            later -= await yard.until(Death(died_us, place.id))
        else:
            is_lower = log.keys.partition < place.partition
            later -= await yard.count(died_us if is_lower else died_us - 1)
    return max(0, later)


async def _letters(
    yards: list[tuple[Log, Graveyard]], places: list[tuple[int, Place]]
) -> list[DeadLetter]:
    found: dict[Place, DeadLetter] = {}
    for log, yard in yards:
        mine = [(died, place) for died, place in places if place.partition == log.keys.partition]
        rows = await yard.inspect([place.id for _, place in mine])
        for (died, place), (grave, attributes) in zip(mine, rows, strict=True):
            found[place] = DeadLetter(place, died, parse_grave(grave), _attributes(attributes))
    return [found[place] for _, place in places]


def _attributes(text: bytes) -> dict[str, AttributeValue]:
    return dict(orjson.loads(text)) if text else {}


async def find_letter(
    redis: Redis, broker: BrokerRecord | RemovedBroker, uid: str, place: Place
) -> DeadLetter | None:
    """None when it is not dead, or not any more."""
    yards = graveyards(redis, broker, uid)
    if place.partition >= len(yards):
        return None
    _, yard = yards[place.partition]
    (died_us,) = await yard.died([place.id])
    if died_us is None:
        return None
    (letter,) = await _letters(yards, [(died_us, place)])
    return letter

"""The totals of all processes, ever: one hash in the store, from series to count."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import uuid4

from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.log.scripts import Script
from poplin.metrics.counts import Series
from poplin.metrics.families import BUCKETS_S, FAMILIES
from poplin.store import translated

__all__ = [
    "HistogramTotals",
    "Totals",
    "add_slice",
    "add_totals",
    "forget_fields",
    "label_values",
    "read_counters",
    "read_fields",
    "read_totals",
    "slices",
]

_KEY = "{poplin:metrics}"
_SLICE = 400
"""Fields in one call, which holds the store for less than half a millisecond."""
_REMEMBERED_S = 3600
"""A slice that arrives again later than this would count twice."""

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HistogramTotals:
    """`buckets` are not cumulative; the last one has what exceeds every bound."""

    buckets: tuple[int, ...]
    sum_s: float

    @property
    def count(self) -> int:
        return sum(self.buckets)


@dataclass(frozen=True, slots=True)
class Totals:
    """By name of the metric, then by the values of its labels."""

    counters: Mapping[str, Mapping[Labels, int]] = field(default_factory=dict)
    histograms: Mapping[str, Mapping[Labels, HistogramTotals]] = field(default_factory=dict)


async def read_totals(redis: Redis) -> Totals:
    """In slices, so of slightly different moments; each histogram adds up all the same."""
    counters: defaultdict[str, dict[Labels, int]] = defaultdict(dict)
    figures: defaultdict[tuple[str, Labels], dict[str, int]] = defaultdict(dict)
    async for text, count in read_fields(redis):
        name, labels = label_values(text)
        family = FAMILIES.get(name)
        if family is None:
            continue  # of another version
        if family.kind == "histogram":
            figures[name, labels[:-1]][labels[-1]] = count
        else:
            counters[name][labels] = count
    histograms: defaultdict[str, dict[Labels, HistogramTotals]] = defaultdict(dict)
    for (name, labels), found in figures.items():
        histograms[name][labels] = _histogram(found)
    return Totals(counters, histograms)


async def read_counters(redis: Redis, series: Sequence[Series]) -> dict[Series, int]:
    """Of each that is asked for, also of one that has never counted."""
    found: dict[Series, int] = {}
    for start in range(0, len(series), _SLICE):
        part = series[start : start + _SLICE]
        with translated():
            counts: Any = await redis.hmget(_KEY, ["/".join(each) for each in part])
        found |= {each: int(count or 0) for each, count in zip(part, counts, strict=True)}
    return found


def label_values(text: str) -> tuple[str, Labels]:
    """The name and the values that a field stands for."""
    name, *labels = text.split("/")
    return name, tuple(labels)


def _histogram(figures: Mapping[str, int]) -> HistogramTotals:
    buckets = tuple(figures.get(str(number), 0) for number in range(len(BUCKETS_S) + 1))
    return HistogramTotals(buckets, figures.get("us", 0) / 1e6)


async def read_fields(redis: Redis) -> AsyncIterator[tuple[str, int]]:
    """All that was there when it began; a field may come twice."""
    cursor = 0
    while True:
        with translated():
            found: Any = await redis.hscan(_KEY, cursor, count=1000)
        cursor, fields = found
        for name, count in fields.items():
            yield name.decode(), int(count)
        if not cursor:
            return


async def forget_fields(redis: Redis, names: Sequence[str]) -> None:
    for start in range(0, len(names), _SLICE):
        with translated():
            await redis.hdel(_KEY, *names[start : start + _SLICE])


def slices(fields: Mapping[str, int]) -> list[dict[str, int]]:
    """As many as one call may add."""
    left = iter(fields.items())
    return list(iter(lambda: dict(islice(left, _SLICE)), {}))


async def add_slice(
    redis: Redis,
    writer: str,
    number: int,
    fields: Mapping[str, int],
    remembered_s: int = _REMEMBERED_S,
) -> None:
    """Add it once, however often this is called with the same writer and number."""
    words: list[str | int] = [number, remembered_s]
    for name, count in fields.items():
        words += (name, count)
    await _add(redis, (_KEY, f"{_KEY}:last:{writer}"), words)


async def add_totals(redis: Redis, series: Sequence[str], more: int) -> None:
    """Count what is rare, at once; a process that counts events has a Flusher.

    Never raises for a store that is away: what is counted has been done, and says so itself.
    """
    if more:
        with suppress(StoreUnavailableError):
            await add_slice(redis, uuid4().hex, 0, {"/".join(series): more}, remembered_s=1)


_add = Script("add", "poplin.metrics")

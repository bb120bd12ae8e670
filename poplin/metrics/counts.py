"""What one process has counted and not written yet."""

from bisect import bisect_left
from collections import defaultdict

from poplin.metrics.families import BUCKETS_S

__all__ = ["Counts", "Series"]

Series = tuple[str, ...]
"""A metric's name and the values of its labels, of which several may be one text joined by "/",
as in ("poplin_events_accepted_total", "default/main"): names of objects hold no slash.
"""


class Counts:
    """Counting costs a dictionary's update. Only what counted since the last `take` is held, so
    brokers and triggers that are gone take no memory.
    """

    def __init__(self) -> None:
        self._counters: defaultdict[Series, int] = defaultdict(int)
        self._histograms: defaultdict[Series, list[float]] = defaultdict(_empty)

    def add(self, series: Series, more: int = 1) -> None:
        self._counters[series] += more

    def observe(self, series: Series, seconds: float) -> None:
        """Into a histogram."""
        histogram = self._histograms[series]
        histogram[bisect_left(BUCKETS_S, seconds)] += 1
        histogram[-1] += seconds

    def take(self) -> dict[str, int]:
        """What was counted since the last call, by field of the hash of totals: a counter's
        series, or a histogram's with the number of a bucket or `us`, the sum in µs.
        """
        fields = {"/".join(series): count for series, count in self._counters.items()}
        for series, (*buckets, sum_s) in self._histograms.items():
            name = "/".join(series)
            fields |= {f"{name}/{number}": int(count) for number, count in enumerate(buckets)}
            fields[f"{name}/us"] = int(sum_s * 1e6)
        self._counters.clear()
        self._histograms.clear()
        return {field: count for field, count in fields.items() if count}


def _empty() -> list[float]:
    """Of each bucket, of the rest, and the sum in seconds."""
    return [0.0] * (len(BUCKETS_S) + 2)

"""What `/metrics` tells of sources."""

from collections.abc import Iterable, Mapping

from poplin.catalog import SourcesSeen, SourceStatus
from poplin.metrics import SINK_FAILURES, SOURCE_REASONS, Family, families

__all__ = ["can_count", "lags", "ready", "up"]

Labels = tuple[str, ...]

_NO_SOURCE = ("", "", "")
_COMPARED = (families.SOURCE_RELISTS, families.SOURCE_FOUND)


def can_count(family: Family, seen: SourcesSeen) -> Iterable[Labels]:
    """The series that a counter may have."""
    sources = [_labels(each) for each in seen.statuses.values() if _has(family, each)]
    if family.name == families.SOURCE_REFUSED:
        return [(*source, reason) for source in [_NO_SOURCE, *sources] for reason in SOURCE_REASONS]
    if family.name == families.SOURCE_SINK_FAILURES:
        return [(*source, reason) for source in sources for reason in SINK_FAILURES]
    return sources


def _has(family: Family, status: SourceStatus) -> bool:
    return family.name not in _COMPARED or status.kind == "ApiServerSource"


def lags(seen: SourcesSeen) -> Mapping[Labels, float]:
    """Of those that have emitted."""
    return {_labels(each): each.lag_s for each in seen.statuses.values() if each.lag_s is not None}


def ready(seen: SourcesSeen) -> Mapping[Labels, float]:
    return {_labels(each): float(seen.is_alive and each.ready) for each in seen.statuses.values()}


def up(seen: SourcesSeen) -> Mapping[Labels, float]:
    """Nobody misses the service where there is nothing to serve."""
    return {(): float(seen.is_alive)} if seen.statuses else {}


def _labels(status: SourceStatus) -> Labels:
    """As in its key, which names its series."""
    return tuple(status.key.split("/"))

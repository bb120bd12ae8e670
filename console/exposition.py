"""A scrape as Prometheus's own library wants it: each metric of the table with its samples."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import version
from itertools import accumulate

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from console import source_samples
from console.scrape import Scrape
from poplin.log import QueueFigures
from poplin.metrics import BUCKETS_S, CLASSES, FAMILIES, REASONS, Family, families

__all__ = ["Exposition"]

Labels = tuple[str, ...]
_Gauge = Callable[[Scrape], Mapping[Labels, float]]


class Exposition(Collector):
    """What prometheus_client collects. Without a scrape the store is away."""

    def __init__(self, scrape: Scrape | None) -> None:
        self._scrape = scrape

    def collect(self) -> Iterator[Metric]:
        for family in FAMILIES.values():
            metric = self._metric(family)
            if metric.samples:
                yield metric

    def _metric(self, family: Family) -> Metric:
        if family.name in _ALWAYS:
            return _gauge(family, _ALWAYS[family.name](self._scrape))
        if self._scrape is None:
            return _gauge(family, {})
        if family.kind == "counter":
            return _counter(family, self._scrape)
        if family.kind == "histogram":
            return _histogram(family, self._scrape)
        return _gauge(family, _GAUGES[family.name](self._scrape))


def _counter(family: Family, scrape: Scrape) -> Metric:
    """With a zero for all that can count: else the first of its kind would be no increase."""
    metric = CounterMetricFamily(family.name, f"{family.meaning}.", labels=family.labels)
    counted = scrape.totals.counters.get(family.name, {})
    if family.name == families.ATTEMPTS:
        durations = scrape.totals.histograms.get(families.DISPATCH_DURATION, {})
        counted = {labels: each.count for labels, each in durations.items()}
    for labels, count in (dict.fromkeys(_expected(family, scrape), 0) | dict(counted)).items():
        metric.add_metric(labels, count)
    return metric


def _expected(family: Family, scrape: Scrape) -> Iterable[Labels]:
    catalog, last = scrape.catalog, family.labels[-1]
    if family.labels[0] == "source_kind":
        return source_samples.can_count(family, scrape.sources)
    if last == "broker_name":
        return _broker_labels(scrape)
    if last == "reason":
        brokers = [("", ""), *_broker_labels(scrape)]
        return [(*broker, reason) for broker in brokers for reason in REASONS]
    triggers = [(each.namespace, each.broker, each.name) for each in catalog.triggers.values()]
    if last == "response_code_class":
        return [(*trigger, result) for trigger in triggers for result in CLASSES]
    return triggers


def _broker_labels(scrape: Scrape) -> list[Labels]:
    return [(each.namespace, each.name) for each in scrape.catalog.brokers.values()]


def _histogram(family: Family, scrape: Scrape) -> Metric:
    metric = HistogramMetricFamily(family.name, f"{family.meaning}.", labels=family.labels)
    for labels, totals in scrape.totals.histograms.get(family.name, {}).items():
        buckets = list(zip(_BOUNDS, accumulate(totals.buckets), strict=True))
        metric.add_metric(labels, buckets, totals.sum_s)
    return metric


_BOUNDS = [*(str(bound) for bound in BUCKETS_S), "+Inf"]


def _gauge(family: Family, samples: Mapping[Labels, float]) -> Metric:
    metric = GaugeMetricFamily(family.name, f"{family.meaning}.", labels=family.labels)
    for labels, value in samples.items():
        metric.add_metric(labels, value)
    return metric


def _queues(figure: Callable[[QueueFigures, Scrape], float]) -> _Gauge:
    def samples(scrape: Scrape) -> Mapping[Labels, float]:
        return {
            (each.namespace, each.broker, each.name): figure(scrape.queues[each.uid], scrape)
            for each in scrape.catalog.triggers.values()
            if each.uid in scrape.queues
        }

    return samples


def _age_s(figures: QueueFigures, scrape: Scrape) -> float:
    """By our clock against the store's: not below zero where they differ."""
    if figures.oldest_us is None:
        return 0.0
    return max(0.0, (scrape.time_us - figures.oldest_us) / 1e6)


_ALWAYS: Mapping[str, Callable[[Scrape | None], Mapping[Labels, float]]] = {
    families.STORE_UP: lambda scrape: {(): float(scrape is not None)},
    families.BUILD: lambda _: {(version("poplin"),): 1.0},
}

_GAUGES: Mapping[str, _Gauge] = {
    families.BACKLOG: _queues(lambda figures, _: figures.backlog),
    families.IN_FLIGHT: _queues(lambda figures, _: figures.in_flight),
    families.RETRYING: _queues(lambda figures, _: figures.retrying),
    families.DEAD: _queues(lambda figures, _: figures.dead),
    families.OLDEST_AGE: _queues(_age_s),
    families.SOURCE_LAG: lambda scrape: source_samples.lags(scrape.sources),
    families.SOURCE_READY: lambda scrape: source_samples.ready(scrape.sources),
    families.SOURCES_UP: lambda scrape: source_samples.up(scrape.sources),
    families.STORE_USED: lambda scrape: {(): scrape.memory.used} if scrape.memory else {},
    families.STORE_LIMIT: lambda scrape: {(): scrape.memory.limit} if scrape.memory else {},
    families.DISPATCHERS: lambda scrape: {(): scrape.dispatchers},
    families.CATALOG_VERSION: lambda scrape: {(): scrape.catalog.version},
}

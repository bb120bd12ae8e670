"""What the processes count: plain numbers in each, added up in the store, shown by the console.

Nothing here waits for the store on the way of an event, and nothing here knows Prometheus.
"""

from poplin.metrics.counts import Counts, Series
from poplin.metrics.families import (
    BUCKETS_S,
    CLASSES,
    FAMILIES,
    REASONS,
    SINK_FAILURES,
    SOURCE_REASONS,
    Family,
    Reason,
    SinkFailure,
    SourceReason,
    StatusClass,
    status_class,
)
from poplin.metrics.flusher import FLUSH_S, Flusher
from poplin.metrics.prune import keep_pruned, prune
from poplin.metrics.totals import HistogramTotals, Totals, add_totals, read_totals

__all__ = [
    "BUCKETS_S",
    "CLASSES",
    "FAMILIES",
    "FLUSH_S",
    "REASONS",
    "SINK_FAILURES",
    "SOURCE_REASONS",
    "Counts",
    "Family",
    "Flusher",
    "HistogramTotals",
    "Reason",
    "Series",
    "SinkFailure",
    "SourceReason",
    "StatusClass",
    "Totals",
    "add_totals",
    "keep_pruned",
    "prune",
    "read_totals",
    "status_class",
]

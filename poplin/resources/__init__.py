"""Knative's YAML as users write it: read, checked with positions, resolved into records.

Text in, values out; nothing here talks to Redis, Kubernetes or a subscriber.
"""

from poplin.resources.addresses import read_services
from poplin.resources.edit import keep_good
from poplin.resources.filter_list import check_filters
from poplin.resources.load import Loader, load
from poplin.resources.models import Loaded, Problem
from poplin.resources.resolve import Resolved, resolve
from poplin.resources.served import Served, keep_served
from poplin.resources.source_resolve import ResolvedSource, resolve_sources
from poplin.resources.source_status import source_status_of, with_conditions
from poplin.resources.status import status_of

__all__ = [
    "Loaded",
    "Loader",
    "Problem",
    "Resolved",
    "ResolvedSource",
    "Served",
    "check_filters",
    "keep_good",
    "keep_served",
    "load",
    "read_services",
    "resolve",
    "resolve_sources",
    "source_status_of",
    "status_of",
    "with_conditions",
]

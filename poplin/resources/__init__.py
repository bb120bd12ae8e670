"""Knative's YAML as users write it: read, checked with positions, resolved into records.

Text in, values out; nothing here talks to Redis, Kubernetes or a subscriber.
"""

from poplin.resources.filter_list import check_filters
from poplin.resources.load import load
from poplin.resources.models import Loaded, Problem
from poplin.resources.resolve import Resolved, resolve
from poplin.resources.status import status_of

__all__ = ["Loaded", "Problem", "Resolved", "check_filters", "load", "resolve", "status_of"]

"""Brokers and triggers as the data plane knows them, kept in Redis and followed from there.

It never reads YAML or Kubernetes objects: whoever owns the truth publishes finished records.
"""

from poplin.catalog.catalog import Catalog
from poplin.catalog.follow import Follower
from poplin.catalog.pauses import read_pauses, set_paused
from poplin.catalog.publish import forget, is_in_force, publish
from poplin.catalog.records import (
    BrokerRecord,
    Condition,
    DeliveryPolicy,
    TriggerRecord,
    Verdict,
)
from poplin.catalog.removed import RemovedBroker, RemovedTrigger
from poplin.catalog.sources import (
    SourcesSeen,
    SourceStatus,
    forget_sources,
    leave_sources,
    read_sources,
    write_sources,
)

__all__ = [
    "BrokerRecord",
    "Catalog",
    "Condition",
    "DeliveryPolicy",
    "Follower",
    "RemovedBroker",
    "RemovedTrigger",
    "SourceStatus",
    "SourcesSeen",
    "TriggerRecord",
    "Verdict",
    "forget",
    "forget_sources",
    "is_in_force",
    "leave_sources",
    "publish",
    "read_pauses",
    "read_sources",
    "set_paused",
    "write_sources",
]

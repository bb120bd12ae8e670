"""Series of brokers, triggers and sources that are gone for good."""

import asyncio

import structlog
from redis.asyncio import Redis

from poplin.catalog.catalog import Catalog, read
from poplin.catalog.sources import SourcesSeen, read_sources
from poplin.errors import StoreUnavailableError
from poplin.metrics.families import FAMILIES
from poplin.metrics.totals import forget_fields, label_values, read_fields
from poplin.waiting import wait

__all__ = ["keep_pruned", "prune"]

_EVERY_S = 600.0
_NAMES = frozenset({"namespace_name", "broker_name", "trigger_name", "source_kind", "source_name"})
"""Labels that name an object; they come first."""


async def keep_pruned(redis: Redis, stop: asyncio.Event, every_s: float = _EVERY_S) -> None:
    """Until `stop`. Every dispatcher does so: it costs each a read in ten minutes."""
    while not await wait(stop, every_s):
        try:
            await prune(redis)
        except StoreUnavailableError:
            continue
        except Exception as error:  # noqa: BLE001 - foreign data must not end the dispatcher
            structlog.get_logger().error("metrics are not pruned", why=str(error))


async def prune(redis: Redis) -> int:
    """Remove what is of no broker or trigger of the catalog, nor of one that may come back, and of
    no source; returns how many fields went.
    """
    # The catalog and the sources last: whatever counted is in them, unless it has left since.
    fields = {name async for name, _ in read_fields(redis)}
    catalog = await read(redis)
    if not catalog.version:
        return 0  # the store has lost it; it will be published again
    known = _known(catalog, await read_sources(redis))
    gone = [name for name in fields if _owner(name) not in known]
    await forget_fields(redis, gone)
    return len(gone)


def _known(catalog: Catalog, sources: SourcesSeen) -> set[tuple[str, ...]]:
    """The labels of everything that may count: brokers, triggers, sources, and requests for none."""
    known: set[tuple[str, ...]] = {("", ""), ("", "", "")}
    for brokers in (catalog.brokers, catalog.closed):
        known |= {(each.namespace, each.name) for each in brokers.values()}
    for triggers in (catalog.triggers, catalog.removed):
        known |= {(each.namespace, each.broker, each.name) for each in triggers.values()}
    known |= {tuple(key.split("/")) for key in sources.statuses}
    return known


def _owner(field: str) -> tuple[str, ...]:
    name, labels = label_values(field)
    family = FAMILIES.get(name)
    if family is None:
        return ("", "")  # of another version, which knows what it is
    return labels[: sum(label in _NAMES for label in family.labels)]

"""Where an event went: found in the logs and journals of brokers, and judged trigger by trigger."""

from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog
from poplin.catalog.catalog import logs
from poplin.log.look import Look
from poplin.log.values import is_before
from poplin.trace.found import Effort, Found, Wanted, find
from poplin.trace.values import EventTrace, Match, Trace
from poplin.trace.verdict import Case, judged

__all__ = ["trace"]

_MOST_EVENTS = 20


async def trace(
    redis: Redis,
    catalog: Catalog,
    event_id: str,
    source: str | None = None,
    broker: str | None = None,
) -> Trace:
    """`broker` is `namespace/name`; without it all brokers of the catalog are asked.

    It changes nothing and holds the store for a few ms at a time. Raises StoreUnavailableError.
    """
    wanted, effort = Wanted(event_id, source), Effort()
    events: list[EventTrace] = []
    for record in catalog.brokers.values():
        if broker in (None, record.key):
            for log in logs(redis, record):
                look = Look(redis, log.keys)
                found = await find(look, wanted, effort)
                events += [await _told(look, catalog, record, each) for each in found]
    events.sort(key=lambda each: each.accepted_us, reverse=True)
    return Trace(id=event_id, events=tuple(events[:_MOST_EVENTS]))


async def _told(look: Look, catalog: Catalog, broker: BrokerRecord, found: Found) -> EventTrace:
    triggers = {record.uid: record for record in catalog.triggers_of(broker.key)}
    names = {uid: record.key for uid, record in triggers.items()}
    names |= {
        each.uid: each.key for each in catalog.removed.values() if each.broker_key == broker.key
    }
    stands = await look.standings(found.log_id, list(names))
    matches: list[Match] = []
    for uid, name in names.items():
        case = Case(
            trigger=triggers.get(uid),
            standing=stands.by_uid[uid],
            now_us=stands.now_us,
            lines=(),
            attributes=found.attributes,
            is_routed=not is_before(stands.cursor, found.log_id),
            is_told=False,
        )
        if uid in triggers or case.has_facts:
            matches.append(judged(name, case))
    attributes = found.attributes or {}
    return EventTrace(
        broker=broker.key,
        log_id=f"{look.keys.partition}:{found.log_id.decode()}",
        source=str(attributes.get("source", "")),
        type=str(attributes.get("type", "")),
        accepted_us=int(found.log_id.partition(b"-")[0]) * 1000,
        state="trimmed" if found.attributes is None else "kept",
        matches=tuple(sorted(matches, key=lambda each: each.trigger)),
    )

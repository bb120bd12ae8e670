"""Where an event went: found in the logs and journals of brokers, and judged trigger by trigger."""

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Catalog, TriggerRecord, read_pauses
from poplin.catalog.catalog import logs
from poplin.log.journal import Line, outcomes_in
from poplin.log.look import Look, Place, Standings
from poplin.log.values import LogId, is_before, ordinal
from poplin.trace.finding import MOST_EVENTS, Effort, Found, Wanted, find
from poplin.trace.values import EventTrace, Match, Trace
from poplin.trace.verdict import MOST_ATTEMPTS, NOWHERE, Case, judged

__all__ = ["trace"]

_CHUNKS = 64
_LEFT_OUT = (
    "part of the log was not looked through: what is not routed yet, or is older than the journal, "
    "may hold more"
)
_NO_SOURCE = "of an event that is not in the log any more the source is not known"

_Lines = Mapping[LogId, Mapping[str, Sequence[Line]]]
"""Of each entry by the uids of triggers, oldest first."""


async def trace(
    redis: Redis,
    catalog: Catalog,
    event_id: str,
    source: str | None = None,
    broker: str | None = None,
) -> Trace:
    """`broker` is `namespace/name`; without it all brokers of the catalog are asked.

    It changes nothing and holds the store for some ms at a time. Raises StoreUnavailableError.
    """
    if not _is_text(event_id):
        return Trace(id=event_id, events=())
    pauses = await read_pauses(redis)
    effort = Effort()
    events: list[EventTrace] = []
    for record in catalog.brokers.values():
        if broker in (None, record.key):
            triggers = _Triggers.of(record, catalog, pauses)
            for log in logs(redis, record):
                look = Look(redis, log.keys)
                found = await find(look, Wanted(event_id, source), effort)
                events += await _told(look, triggers, found)
    events.sort(key=_when, reverse=True)
    notes = [_LEFT_OUT] if effort.ran_out else []
    if source is not None and any(each.state == "trimmed" for each in events):
        notes.append(_NO_SOURCE)
    return Trace(id=event_id, events=tuple(events[:MOST_EVENTS]), notes=tuple(notes))


def _is_text(event_id: str) -> bool:
    """An argument of a command line may have bytes that are none: so has no event."""
    try:
        return bool(event_id.encode())
    except UnicodeEncodeError:
        return False


def _when(event: EventTrace) -> tuple[int, ...]:
    return ordinal(LogId(event.log_id.partition(":")[2].encode()))


@dataclass(frozen=True, slots=True)
class _Triggers:
    """By uid; those that were removed have a name only, as long as their queues are kept."""

    broker: str
    records: Mapping[str, TriggerRecord]
    names: Mapping[str, str]
    paused: Collection[str]

    @classmethod
    def of(cls, broker: BrokerRecord, catalog: Catalog, pauses: Collection[str]) -> "_Triggers":
        records = {record.uid: record for record in catalog.triggers_of(broker.key)}
        removed = {
            each.uid: each.key for each in catalog.removed.values() if each.broker_key == broker.key
        }
        names = removed | {uid: record.key for uid, record in records.items()}
        paused = {uid for uid, record in records.items() if record.paused or uid in pauses}
        return cls(broker.key, records, names, paused)


async def _told(look: Look, triggers: _Triggers, found: Sequence[Found]) -> list[EventTrace]:
    if not found:
        return []
    # The queues first: what leaves one meanwhile has its line in the journal then.
    standings = [await look.standings(each.log_id, list(triggers.names)) for each in found]
    lines = await _lines(look, found)
    return [
        _event(look, triggers, each, stands, lines.get(each.log_id, {}))
        for each, stands in zip(found, standings, strict=True)
    ]


async def _lines(look: Look, found: Sequence[Found]) -> _Lines:
    lines: dict[LogId, dict[str, deque[Line]]] = defaultdict(
        lambda: defaultdict(lambda: deque(maxlen=MOST_ATTEMPTS))
    )
    ids = {each.log_id for each in found}
    texts = [b" " + log_id for log_id in ids]
    place, is_end = found[0].told_at or Place(), False
    while not is_end:
        chunks, place, is_end = await look.journal(place, texts, max(8, _CHUNKS // len(ids)))
        for chunk in chunks:
            for line in outcomes_in(chunk.lines, ids):
                lines[line.log_id][line.uid].append(line)
    return lines


def _event(
    look: Look,
    triggers: _Triggers,
    found: Found,
    stands: Standings,
    lines: Mapping[str, Sequence[Line]],
) -> EventTrace:
    matches: list[Match] = []
    for uid in triggers.names.keys() | lines.keys():
        case = Case(
            trigger=triggers.records.get(uid),
            standing=stands.by_uid.get(uid, NOWHERE),
            now_us=stands.now_us,
            lines=tuple(lines.get(uid, ())),
            attributes=found.attributes,
            is_routed=not is_before(stands.cursor, found.log_id),
            is_told=found.told_at is not None,
            is_paused=uid in triggers.paused,
        )
        if case.trigger is not None or case.has_facts:
            matches.append(judged(triggers.names.get(uid, uid), case))
    attributes = found.attributes or {}
    return EventTrace(
        broker=triggers.broker,
        log_id=f"{look.keys.partition}:{found.log_id.decode()}",
        source=str(attributes.get("source", "")),
        type=str(attributes.get("type", "")),
        accepted_us=int(found.log_id.partition(b"-")[0]) * 1000,
        state="trimmed" if found.attributes is None else "kept",
        matches=tuple(sorted(matches, key=lambda each: each.trigger)),
    )

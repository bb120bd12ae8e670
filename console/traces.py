"""`/trace`: where did my event go?"""

from typing import Annotated

from fastapi import APIRouter, Query
from redis.asyncio import Redis

from console.grave_view import GraveView, grave_view
from console.problems import unknown
from console.view import View, time_text
from poplin.catalog import Catalog
from poplin.catalog.catalog import read
from poplin.trace import Attempt, EventTrace, Match, Trace, trace

__all__ = [
    "AttemptView",
    "MatchView",
    "TraceView",
    "TracedEventView",
    "trace_routes",
]

SourceParam = Annotated[str, Query(description="Only events of this source.")]
BrokerParam = Annotated[str, Query(description="Only of this broker: NAMESPACE/NAME.")]


class AttemptView(View):
    """`time` is when it was written down, `ms` how long it took; `status` 0 is none at all."""

    time: str
    attempt: int
    to: str
    status: int
    ms: int
    outcome: str
    note: str


class MatchView(View):
    """`next` is when it is attempted next, null where nothing is planned."""

    trigger: str
    outcome: str
    why: str
    attempts: list[AttemptView]
    next: str | None
    grave: GraveView | None


class TracedEventView(View):
    """`source` and `type` of an event that is trimmed are not known any more."""

    broker: str
    log_id: str
    source: str
    type: str
    accepted: str
    state: str
    matches: list[MatchView]


class TraceView(View):
    """Each time that an event of this id was accepted, the last first."""

    id: str
    events: list[TracedEventView]
    notes: list[str]


def trace_routes(redis: Redis) -> APIRouter:
    routes = APIRouter(tags=["trace"])

    @routes.get("/trace")
    async def by_query(
        id_: Annotated[str, Query(alias="id", min_length=1)],
        source: SourceParam = "",
        broker: BrokerParam = "",
    ) -> TraceView:
        """As `/trace/{event_id}`, for ids that a path does not carry."""
        return await _traced(redis, id_, source, broker)

    @routes.get("/trace/{event_id:path}")
    async def by_path(
        event_id: str, source: SourceParam = "", broker: BrokerParam = ""
    ) -> TraceView:
        """When the event was accepted, and what became of it at every trigger of its broker.

        No events: it was never accepted, or nothing that is kept tells of it any more.
        """
        return await _traced(redis, event_id, source, broker)

    return routes


async def _traced(redis: Redis, event_id: str, source: str, broker: str) -> TraceView:
    catalog: Catalog = await read(redis)
    if broker and broker not in catalog.brokers:
        raise unknown("broker", broker, catalog.brokers)
    return _view(await trace(redis, catalog, event_id, source or None, broker or None))


def _view(found: Trace) -> TraceView:
    events = [_event(each) for each in found.events]
    return TraceView(id=found.id, events=events, notes=list(found.notes))


def _event(event: EventTrace) -> TracedEventView:
    return TracedEventView(
        broker=event.broker,
        log_id=event.log_id,
        source=event.source,
        type=event.type,
        accepted=time_text(event.accepted_us),
        state=event.state,
        matches=[_match(each) for each in event.matches],
    )


def _match(match: Match) -> MatchView:
    return MatchView(
        trigger=match.trigger,
        outcome=match.outcome,
        why=match.why,
        attempts=[_attempt(each) for each in match.attempts],
        next=None if match.next_us is None else time_text(match.next_us),
        grave=None if match.grave is None else grave_view(match.grave),
    )


def _attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        time=time_text(attempt.time_us),
        attempt=attempt.attempt,
        to=attempt.to,
        status=attempt.status,
        ms=attempt.ms,
        outcome=attempt.outcome,
        note=attempt.note,
    )

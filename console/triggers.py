"""`/triggers`: each trigger, whether it is Ready, and what waits for it."""

import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Query
from pydantic.alias_generators import to_camel
from redis.asyncio import Redis

from console.paging import ContinueParam, LimitParam, Page, Slice, slice_of
from console.problems import unknown
from console.queries import Queue, named, queues, verdicts_of
from console.view import View
from poplin.catalog import Catalog, TriggerRecord, Verdict, read_pauses
from poplin.catalog.catalog import read
from poplin.log import QueueFigures
from poplin.resources import status_of

__all__ = ["TriggerView", "trigger_routes", "trigger_view"]

_ELSEWHERE = frozenset(
    {
        "uid", "namespace", "name", "broker", "subscriber_uri", "filters", "delivery", "paused",
        "ordering",
    }
)  # fmt: skip
"""Fields of a record that are no part of its delivery."""
_NOTHING: Queue = (QueueFigures(), 0)


class TriggerView(View):
    """`backlog` counts what is owed, leased and retrying too; `oldest` is its age in seconds."""

    namespace: str
    name: str
    uid: str
    broker: str
    subscriber_uri: str
    dead_letter_sink_uri: str
    ready: str
    reason: str
    message: str
    paused: bool
    ordering: str
    backlog: int
    in_flight: int
    retrying: int
    dead: int
    oldest: float | None
    ignored_answers: int
    filters: list[dict[str, Any]]
    delivery: dict[str, Any]
    status: dict[str, Any]
    warnings: list[str]


def trigger_routes(redis: Redis) -> APIRouter:
    routes = APIRouter(tags=["triggers"])

    @routes.get("/triggers")
    async def triggers(
        namespace: str = Query("", description="Only of this one."),
        broker: str = Query("", description="Only of this broker: NAME or NAMESPACE/NAME."),
        limit: LimitParam = 100,
        continue_: ContinueParam = "",
    ) -> Page[TriggerView]:
        """Every trigger, by namespace and name."""
        catalog = await read(redis)
        known = verdicts_of(catalog, "Trigger")
        if broker:
            _check_broker(catalog, known, namespace, broker)
        keys = [
            key
            for key, each in known.items()
            if namespace in ("", each.namespace) and _is_of(each, broker)
        ]
        part: Slice[TriggerView] = slice_of(keys, limit, continue_)
        return part.page(await _views(redis, catalog, [known[key] for key in part.keys]))

    @routes.get("/triggers/{namespace}/{name}")
    async def trigger(namespace: str, name: str) -> TriggerView:
        return await trigger_view(redis, namespace, name)

    return routes


async def trigger_view(redis: Redis, namespace: str, name: str) -> TriggerView:
    """One trigger as it is now. Raises ProblemError."""
    catalog = await read(redis)
    (view,) = await _views(redis, catalog, [named(catalog, "Trigger", namespace, name)])
    return view


def _check_broker(
    catalog: Catalog, triggers: Mapping[str, Verdict], namespace: str, broker: str
) -> None:
    """Raises ProblemError for one that is nowhere. A trigger may name one that is not there."""
    brokers = verdicts_of(catalog, "Broker")
    is_there = any(broker in (key, each.name) for key, each in brokers.items())
    if not is_there and not any(_is_of(each, broker) for each in triggers.values()):
        key = broker if "/" in broker else f"{namespace or 'default'}/{broker}"
        raise unknown("broker", key, brokers)


def _is_of(verdict: Verdict, broker: str) -> bool:
    return broker in ("", verdict.broker, f"{verdict.namespace}/{verdict.broker}")


async def _views(redis: Redis, catalog: Catalog, verdicts: list[Verdict]) -> list[TriggerView]:
    records = [catalog.triggers.get(f"{each.namespace}/{each.name}") for each in verdicts]
    found = await queues(redis, catalog, [record for record in records if record])
    paused = await read_pauses(redis)
    return [
        _view(verdict, record, found.get(record.uid, _NOTHING) if record else _NOTHING, paused)
        for verdict, record in zip(verdicts, records, strict=True)
    ]


def _view(
    verdict: Verdict, record: TriggerRecord | None, queue: Queue, paused: frozenset[str]
) -> TriggerView:
    figures, ignored = queue
    return TriggerView(
        namespace=verdict.namespace,
        name=verdict.name,
        uid=record.uid if record else "",
        broker=verdict.broker,
        subscriber_uri=verdict.subscriber_uri or "",
        dead_letter_sink_uri=verdict.dead_letter_sink_uri or "",
        ready=verdict.condition("Ready").status,
        reason=verdict.reason,
        message=verdict.message,
        paused=record is not None and (record.paused or record.uid in paused),
        ordering=record.ordering if record else "none",
        backlog=figures.backlog,
        in_flight=figures.in_flight,
        retrying=figures.retrying,
        dead=figures.dead,
        oldest=_age_s(figures.oldest_us),
        ignored_answers=ignored,
        filters=list(record.filters) if record else [],
        delivery=_delivery(record) if record else {},
        status=status_of(verdict),
        warnings=list(verdict.warnings),
    )


def _age_s(since_us: int | None) -> float | None:
    """By our clock against the store's: not below zero where they differ."""
    return None if since_us is None else round(max(0.0, time.time() - since_us / 1e6), 3)


def _delivery(record: TriggerRecord) -> dict[str, Any]:
    """What is in force, defaults and the broker's policy included. Durations are seconds."""
    policy = {**asdict(record.delivery), **_own_settings(record)}
    return {to_camel(name.removesuffix("_s")): value for name, value in policy.items()}


def _own_settings(record: TriggerRecord) -> dict[str, Any]:
    """Of the annotations."""
    fields = asdict(record)
    return {name: value for name, value in fields.items() if name not in _ELSEWHERE}

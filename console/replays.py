"""`/brokers/…/replay`: old events into one trigger's queue again."""

import re
from typing import Any
from uuid import uuid4

from fastapi import APIRouter
from pydantic import ConfigDict, Field
from redis.asyncio import Redis

from console.audit import Audit
from console.moments import moment_us, now_us
from console.operated import Operated, operated_of
from console.problems import ProblemError
from console.queries import broker_of
from console.view import View
from poplin.catalog.catalog import read
from poplin.errors import InvalidResourceError
from poplin.filters import compile_filters
from poplin.metrics import add_totals
from poplin.metrics.families import REPLAYED
from poplin.operate import (
    Place,
    ReplayOrder,
    ReplaySlice,
    TriggerGoneError,
    replay,
    when_text,
)
from poplin.resources import check_filters

__all__ = ["ReplayAnswer", "ReplayBody", "replay_routes"]

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}\Z", re.ASCII)


class ReplayBody(View):
    """`since` and `until` are times, or how long ago: all that is kept, and now, when they are
    left out. The trigger's own filters apply, and `filters` besides, as in its YAML. Pass `until`,
    `replayId` and, as `after`, `next` of the answer with the next call.
    """

    model_config = ConfigDict(**View.model_config, extra="forbid")

    trigger: str = Field(max_length=600)
    since: str = Field(default="", max_length=100)
    until: str = Field(default="", max_length=100)
    filters: list[Any] = Field(default=[])
    after: str = Field(default="", max_length=100)
    limit: int = Field(default=1000, ge=1, le=1000)
    replay_id: str = ""
    dry_run: bool = False


class ReplayAnswer(View):
    """`next` is empty when the window is done. `waiting` were in the queue already and come once;
    `unrouted` come anyway. `remaining` estimates what is yet to be looked at. With nothing
    `scanned` and a `next` the subscriber has to catch up: call again in a while.
    """

    scanned: int
    matched: int
    replayed: int
    waiting: int
    unrouted: int
    next: str
    since: str
    until: str
    replay_id: str
    remaining: int
    backlog: int


def replay_routes(redis: Redis, audit: Audit) -> APIRouter:
    routes = APIRouter(tags=["replay"])

    @routes.post("/brokers/{namespace}/{name}/replay")
    async def replay_slice(namespace: str, name: str, body: ReplayBody) -> ReplayAnswer:
        """One slice, marked with the extension `poplinreplay`. With `dryRun` it only counts."""
        target = await _target(redis, namespace, name, body)
        order = await _order(redis, target, body)
        try:
            done = await replay(redis, target.broker, target.trigger, order)
        except TriggerGoneError as error:
            raise ProblemError(404, str(error)) from error
        if not order.is_dry:
            audit.did(
                "events replayed",
                target.trigger.key,
                done.done.replayed,
                operation=order.mark,
                is_done=done.next is None,
            )
            await add_totals(redis, (REPLAYED, target.labels), done.done.replayed)
        return _answer(order, done)

    return routes


async def _target(redis: Redis, namespace: str, name: str, body: ReplayBody) -> Operated:
    catalog = await read(redis)
    broker = broker_of(catalog, namespace, name)
    trigger_namespace, _, trigger_name = body.trigger.rpartition("/")
    target = operated_of(catalog, trigger_namespace or namespace, trigger_name)
    if target.broker != broker:
        raise ProblemError(
            409,
            f"trigger {target.trigger.key} is of broker {target.broker.key}, not of {broker.key}; "
            "only what its own broker accepted can be replayed to it",
        )
    return target


async def _order(redis: Redis, target: Operated, body: ReplayBody) -> ReplayOrder:
    now = await now_us(redis, target.broker)
    since_us = moment_us("body since", body.since, now) if body.since else 0
    until_us = moment_us("body until", body.until, now) if body.until else now
    if until_us < since_us:
        raise ProblemError(400, "body until: it is before since; the window would hold nothing")
    if body.replay_id and _ID.match(body.replay_id) is None:
        raise ProblemError(400, "body replayId: use up to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")
    return ReplayOrder(
        filters=(compile_filters(target.trigger.filters), compile_filters(_filters(body))),
        since_us=since_us,
        until_us=until_us,
        mark=body.replay_id or uuid4().hex[:16],
        after=_after(body),
        limit=body.limit,
        is_dry=body.dry_run,
    )


def _filters(body: ReplayBody) -> tuple[dict[str, Any], ...]:
    try:
        return check_filters(body.filters)
    except InvalidResourceError as error:
        raise ProblemError(400, f"body {error}") from error


def _after(body: ReplayBody) -> Place:
    try:
        return Place.parse(body.after) if body.after else Place.beginning(0)
    except ValueError as error:
        raise ProblemError(400, f"body after: {error}; take `next` of the answer before") from error


def _answer(order: ReplayOrder, done: ReplaySlice) -> ReplayAnswer:
    return ReplayAnswer(
        scanned=done.scanned,
        matched=done.matched,
        replayed=done.done.replayed,
        waiting=done.done.waiting,
        unrouted=done.done.unrouted,
        next="" if done.next is None else str(done.next),
        since=when_text(order.since_us),
        until=when_text(order.until_us),
        replay_id=order.mark,
        remaining=done.remaining,
        backlog=done.backlog,
    )

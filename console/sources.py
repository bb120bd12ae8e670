"""`/sources`: each event source, where its provider is to send if it has one, and how it fares."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Query
from redis.asyncio import Redis

from console.paging import ContinueParam, LimitParam, Page, Slice, slice_of
from console.problems import ProblemError, unknown
from console.view import View
from poplin.catalog import Condition, SourceStatus, read_sources
from poplin.metrics import (
    SINK_FAILURES,
    SOURCE_REASONS,
    Series,
    SourceReason,
    families,
    read_counters,
)
from poplin.resources.source_models import SourceKind
from poplin.resources.source_status import source_status_of

__all__ = ["SourceCounts", "SourceView", "source_routes"]

KindParam = Annotated[SourceKind | None, Query(description="Only of this kind.")]

_NOT_SERVED = Condition(
    "Ready",
    "Unknown",
    "NotServed",
    "no sources service answers; start poplin up, or poplin sources --redis URL -f PATH",
)


class SourceCounts(View):
    """Since the source is there; `refused_for` tells of `refused` what is not 0. What is received
    are webhooks, changes in a cluster, or ticks. The last three are 0 of any other kind: `relists`
    and `found` (changes found by comparing) of an ApiServerSource, `ticks_missed` of a PingSource.
    """

    received: int
    refused: int
    refused_for: dict[SourceReason, int]
    emitted: int
    sink_failures: int
    relists: int
    found: int
    ticks_missed: int


class SourceView(View):
    """`url` is what its provider is to be told, and empty of a source that acts by itself; `lag` is
    of the newest event, in seconds; `status` is what Kubernetes would show.
    """

    kind: str
    api_version: str
    namespace: str
    name: str
    ready: str
    reason: str
    message: str
    sink_uri: str
    url: str
    settings: dict[str, str]
    warnings: list[str]
    lag: float | None
    counts: SourceCounts
    status: dict[str, Any]


def source_routes(redis: Redis) -> APIRouter:
    routes = APIRouter(tags=["sources"])

    @routes.get("/sources")
    async def sources(
        namespace: str = Query("", description="Only of this one."),
        kind: KindParam = None,
        limit: LimitParam = 100,
        continue_: ContinueParam = "",
    ) -> Page[SourceView]:
        """Every source, by namespace and name."""
        known = {
            f"{each.namespace}/{each.name}/{each.kind}": each
            for each in await _seen(redis, kind)
            if namespace in ("", each.namespace)
        }
        part: Slice[SourceView] = slice_of(known, limit, continue_)
        return part.page(await _views(redis, [known[key] for key in part.keys]))

    @routes.get("/sources/{namespace}/{name}")
    async def source(namespace: str, name: str, kind: KindParam = None) -> SourceView:
        """Of several kinds with this name, the one that is served; 409 if they are several too."""
        status = _named(await _seen(redis, kind), namespace, name)
        (view,) = await _views(redis, [status])
        return view

    return routes


async def _seen(redis: Redis, kind: SourceKind | None) -> list[SourceStatus]:
    seen = await read_sources(redis)
    return [
        each if seen.is_alive else _not_served(each)
        for each in seen.statuses.values()
        if kind in (None, each.kind)
    ]


def _named(seen: list[SourceStatus], namespace: str, name: str) -> SourceStatus:
    """Raises ProblemError."""
    found = [each for each in seen if (each.namespace, each.name) == (namespace, name)]
    if not found:
        known = (f"{each.namespace}/{each.name}" for each in seen)
        raise unknown("source", f"{namespace}/{name}", known)
    meant = [each for each in found if not _is_refused(each)] or found
    if len(meant) > 1:
        kinds = " and ".join(each.kind for each in meant)
        words = f"give the kind, as ?kind={meant[0].kind} or --kind {meant[0].kind}"
        raise ProblemError(409, f"{kinds} have the name {namespace}/{name}; {words}")
    return meant[0]


def _not_served(status: SourceStatus) -> SourceStatus:
    """Its other conditions are the last that were known."""
    others = (each for each in status.conditions if each.type != "Ready")
    return replace(status, conditions=(_NOT_SERVED, *others))


def _is_refused(status: SourceStatus) -> bool:
    return status.condition("Ready").reason == "Invalid"


async def _views(redis: Redis, statuses: list[SourceStatus]) -> list[SourceView]:
    counted = await read_counters(redis, [series for each in statuses for series in _series(each)])
    return [_view(each, counted) for each in statuses]


def _series(status: SourceStatus) -> Iterable[Series]:
    yield families.SOURCE_RECEIVED, status.key
    yield families.SOURCE_EMITTED, status.key
    yield families.SOURCE_RELISTS, status.key
    yield families.SOURCE_FOUND, status.key
    yield families.SOURCE_TICKS_MISSED, status.key
    yield from ((families.SOURCE_REFUSED, status.key, reason) for reason in SOURCE_REASONS)
    yield from ((families.SOURCE_SINK_FAILURES, status.key, reason) for reason in SINK_FAILURES)


def _view(status: SourceStatus, counted: Mapping[Series, int]) -> SourceView:
    ready = status.condition("Ready")
    return SourceView(
        kind=status.kind,
        api_version=status.api_version,
        namespace=status.namespace,
        name=status.name,
        ready=ready.status,
        reason=ready.reason,
        message=ready.message,
        sink_uri=status.sink_uri or "",
        url=status.url or "",
        settings=dict(status.settings),
        warnings=list(status.warnings),
        lag=status.lag_s,
        counts=_counts(status.key, counted),
        status=source_status_of(status),
    )


def _counts(key: str, counted: Mapping[Series, int]) -> SourceCounts:
    refused: dict[SourceReason, int] = {
        reason: counted[families.SOURCE_REFUSED, key, reason] for reason in SOURCE_REASONS
    }
    return SourceCounts(
        received=counted[families.SOURCE_RECEIVED, key],
        refused=sum(refused.values()),
        refused_for={reason: count for reason, count in refused.items() if count},
        emitted=counted[families.SOURCE_EMITTED, key],
        sink_failures=sum(
            counted[families.SOURCE_SINK_FAILURES, key, reason] for reason in SINK_FAILURES
        ),
        relists=counted[families.SOURCE_RELISTS, key],
        found=counted[families.SOURCE_FOUND, key],
        ticks_missed=counted[families.SOURCE_TICKS_MISSED, key],
    )

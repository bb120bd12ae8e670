"""`/brokers`: each broker, whether it is Ready, and what its log holds."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Query
from pydantic.alias_generators import to_camel
from redis.asyncio import Redis

from console.paging import ContinueParam, LimitParam, Page, Slice, slice_of
from console.queries import events, named, verdicts_of
from console.view import View
from poplin.catalog import BrokerRecord, Catalog, Verdict
from poplin.catalog.catalog import read
from poplin.resources import status_of

__all__ = ["BrokerView", "broker_routes"]

_ELSEWHERE = frozenset({"namespace", "name", "partitions"})


class BrokerView(View):
    """`events` is the length of the log; `status` is what Kubernetes would show."""

    namespace: str
    name: str
    url: str
    ready: str
    reason: str
    message: str
    partitions: int
    events: int
    triggers: int
    settings: dict[str, Any]
    status: dict[str, Any]
    warnings: list[str]


def broker_routes(redis: Redis) -> APIRouter:
    routes = APIRouter(tags=["brokers"])

    @routes.get("/brokers")
    async def brokers(
        namespace: str = Query("", description="Only of this one."),
        limit: LimitParam = 100,
        continue_: ContinueParam = "",
    ) -> Page[BrokerView]:
        """Every broker, by namespace and name."""
        catalog = await read(redis)
        known = verdicts_of(catalog, "Broker")
        keys = (key for key, each in known.items() if namespace in ("", each.namespace))
        part: Slice[BrokerView] = slice_of(keys, limit, continue_)
        return part.page(await _views(redis, catalog, [known[key] for key in part.keys]))

    @routes.get("/brokers/{namespace}/{name}")
    async def broker(namespace: str, name: str) -> BrokerView:
        catalog = await read(redis)
        (view,) = await _views(redis, catalog, [named(catalog, "Broker", namespace, name)])
        return view

    return routes


async def _views(redis: Redis, catalog: Catalog, verdicts: list[Verdict]) -> list[BrokerView]:
    triggers = Counter(
        f"{each.namespace}/{each.broker}" for each in verdicts_of(catalog, "Trigger").values()
    )
    return [await _view(redis, catalog, each, triggers) for each in verdicts]


async def _view(
    redis: Redis, catalog: Catalog, verdict: Verdict, triggers: Counter[str]
) -> BrokerView:
    key = f"{verdict.namespace}/{verdict.name}"
    record = catalog.brokers.get(key)
    return BrokerView(
        namespace=verdict.namespace,
        name=verdict.name,
        url=verdict.address_url or "",
        ready=verdict.condition("Ready").status,
        reason=verdict.reason,
        message=verdict.message,
        partitions=record.partitions if record else 0,
        events=await events(redis, record) if record else 0,
        triggers=triggers[key],
        settings=_settings(record) if record else {},
        status=status_of(verdict),
        warnings=list(verdict.warnings),
    )


def _settings(record: BrokerRecord) -> dict[str, Any]:
    """What is in force, defaults included. Sizes are bytes, durations seconds."""
    fields = asdict(record)
    return {
        to_camel(name.removesuffix("_s")): value
        for name, value in fields.items()
        if name not in _ELSEWHERE
    }

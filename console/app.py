"""Read-only views of the catalog and the queues."""

from typing import Any

from fastapi import FastAPI, Response
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, TriggerRecord, Verdict
from poplin.catalog.catalog import Catalog, logs, read
from poplin.errors import StoreUnavailableError
from poplin.resources import status_of
from poplin.store import translated

__all__ = ["console_app"]


def console_app(redis: Redis) -> FastAPI:
    app = FastAPI(title="Poplin console", summary="Brokers, triggers and their backlogs")

    @app.exception_handler(StoreUnavailableError)
    async def unavailable(_request: object, error: Exception) -> Response:
        return Response(str(error), 503, {"retry-after": "1"}, "text/plain")

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/brokers")
    async def brokers() -> list[dict[str, Any]]:
        """Every broker, whether it is Ready, and how many events its log holds."""
        catalog = await read(redis)
        return [
            {**_status(verdict), **(await _log(redis, catalog.brokers.get(key)))}
            for key, verdict in _verdicts(catalog, "Broker").items()
        ]

    @app.get("/triggers")
    async def triggers() -> list[dict[str, Any]]:
        """Every trigger, whether it is Ready, how many entries wait for it, how many are dead."""
        catalog = await read(redis)
        return [
            {**_status(verdict), **(await _queues(redis, catalog, catalog.triggers.get(key)))}
            for key, verdict in _verdicts(catalog, "Trigger").items()
        ]

    return app


def _verdicts(catalog: Catalog, kind: str) -> dict[str, Verdict]:
    return {
        f"{verdict.namespace}/{verdict.name}": verdict
        for verdict in catalog.verdicts.values()
        if verdict.kind == kind
    }


def _status(verdict: Verdict) -> dict[str, Any]:
    return {
        "namespace": verdict.namespace,
        "name": verdict.name,
        **status_of(verdict),
        "warnings": list(verdict.warnings),
    }


async def _log(redis: Redis, record: BrokerRecord | None) -> dict[str, Any]:
    if record is None:
        return {}
    return {
        "partitions": record.partitions,
        "log": await _sum(redis.xlen, [log.keys.log for log in logs(redis, record)]),
    }


async def _queues(redis: Redis, catalog: Catalog, record: TriggerRecord | None) -> dict[str, Any]:
    if record is None:
        return {}
    broker = catalog.brokers.get(record.broker_key)
    parts = logs(redis, broker) if broker else []
    return {
        "broker": record.broker,
        "subscriberUri": record.subscriber_uri,
        "uid": record.uid,
        "due": await _sum(redis.zcard, [log.keys.due(record.uid) for log in parts]),
        "dead": await _sum(redis.zcard, [log.keys.dead(record.uid) for log in parts]),
        "ignoredAnswers": sum([await log.ignored(record.uid) for log in parts]),
    }


async def _sum(count: Any, keys: list[str]) -> int:
    with translated():
        return sum([int(await count(key)) for key in keys])

"""Read-only views of the catalog and the queues."""

from typing import Any

from fastapi import FastAPI, Response
from redis.asyncio import Redis

from poplin.catalog.catalog import Catalog, read
from poplin.errors import StoreUnavailableError
from poplin.log import Keys, Log
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
        """Every broker, with how many events its log holds."""
        catalog = await read(redis)
        return [
            {
                "namespace": broker.namespace,
                "name": broker.name,
                "partitions": broker.partitions,
                "log": await _sum(
                    redis.xlen, [Keys(broker.key, p).log for p in range(broker.partitions)]
                ),
            }
            for broker in catalog.brokers.values()
        ]

    @app.get("/triggers")
    async def triggers() -> list[dict[str, Any]]:
        """Every trigger, with how many entries wait for it and how many are dead."""
        catalog = await read(redis)
        return [
            {
                "namespace": trigger.namespace,
                "name": trigger.name,
                "broker": trigger.broker,
                "subscriberUri": trigger.subscriber_uri,
                "warnings": list(trigger.warnings),
                "ignoredAnswers": sum(
                    [
                        await Log(redis, trigger.broker_key, p).ignored(trigger.uid)
                        for p in range(len(_keys(catalog, trigger.broker_key)))
                    ]
                ),
                "due": await _sum(
                    redis.zcard, [k.due(trigger.uid) for k in _keys(catalog, trigger.broker_key)]
                ),
                "dead": await _sum(
                    redis.zcard, [k.dead(trigger.uid) for k in _keys(catalog, trigger.broker_key)]
                ),
            }
            for trigger in catalog.triggers.values()
        ]

    return app


def _keys(catalog: Catalog, broker: str) -> list[Keys]:
    record = catalog.brokers.get(broker)
    return [Keys(broker, partition) for partition in range(record.partitions if record else 0)]


async def _sum(count: Any, keys: list[str]) -> int:
    with translated():
        return sum([int(await count(key)) for key in keys])

"""The application: the routes of each noun, and what holds for all of them."""

from importlib.metadata import version

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from redis.asyncio import Redis

from console import problems
from console.access import Access, Guard
from console.audit import Audit
from console.bounds import Bounds
from console.brokers import broker_routes
from console.events import event_routes
from console.metrics import metrics_routes
from console.operations import operation_routes
from console.sources import source_routes
from console.traces import trace_routes
from console.triggers import trigger_routes

__all__ = ["console_app"]


def console_app(redis: Redis, access: Access | None = None, audit: Audit | None = None) -> FastAPI:
    """Flush `audit` when it ends."""
    # /docs with its scripts in the package: FastAPI's own page loads them from elsewhere.
    app = FastAPIOffline(
        redoc_url=None,
        title="Poplin",
        summary="Brokers, triggers, sources, and what became of every event",
        version=version("poplin"),
    )
    app.add_middleware(Bounds)
    app.add_middleware(Guard, access=access or Access())
    problems.install(app)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/")
    async def index() -> dict[str, str]:
        """What this is, and where to go on."""
        return {
            "name": "poplin",
            "version": app.version,
            "docs": "/docs",
            "openapi": "/openapi.json",
            "brokers": "/brokers",
            "triggers": "/triggers",
            "sources": "/sources",
            "trace": "/trace",
            "metrics": "/metrics",
        }

    for routes in (
        broker_routes(redis),
        event_routes(redis),
        trigger_routes(redis),
        source_routes(redis),
        trace_routes(redis),
        metrics_routes(redis),
        operation_routes(redis, audit or Audit()),
    ):
        app.include_router(routes)
    return app

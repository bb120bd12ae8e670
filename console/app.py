"""The application: the routes of each noun, and what holds for all of them."""

from fastapi import FastAPI
from redis.asyncio import Redis

from console import problems
from console.brokers import broker_routes
from console.triggers import trigger_routes

__all__ = ["console_app"]


def console_app(redis: Redis) -> FastAPI:
    app = FastAPI(title="Poplin", summary="Brokers, triggers, and what became of every event")
    problems.install(app)

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "ok"}

    for routes in (broker_routes(redis), trigger_routes(redis)):
        app.include_router(routes)
    return app

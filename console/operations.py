"""What operators do, all routes of it together: they share the audit."""

from fastapi import APIRouter
from redis.asyncio import Redis

from console.audit import Audit
from console.letters import letter_routes
from console.pauses import pause_routes
from console.replays import replay_routes

__all__ = ["operation_routes"]


def operation_routes(redis: Redis, audit: Audit) -> APIRouter:
    routes = APIRouter()
    for each in (letter_routes, pause_routes, replay_routes):
        routes.include_router(each(redis, audit))
    return routes

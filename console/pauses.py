"""`/triggers/…/pause` and `/resume`."""

from fastapi import APIRouter
from redis.asyncio import Redis

from console.audit import Audit
from console.operated import operated
from console.problems import ProblemError
from console.triggers import TriggerView, trigger_view
from poplin.operate import PausedByAnnotationError, pause, resume

__all__ = ["pause_routes"]


def pause_routes(redis: Redis, audit: Audit) -> APIRouter:
    routes = APIRouter(tags=["triggers"])

    @routes.post("/triggers/{namespace}/{name}/pause")
    async def pause_trigger(namespace: str, name: str) -> TriggerView:
        """Its matches are queued and nothing is attempted until it is resumed."""
        trigger, _ = await operated(redis, namespace, name)
        await pause(redis, trigger)
        view = await trigger_view(redis, namespace, name)
        audit.did("trigger paused", trigger.key, view.backlog)
        return view

    @routes.post("/triggers/{namespace}/{name}/resume")
    async def resume_trigger(namespace: str, name: str) -> TriggerView:
        """What waits is attempted at once."""
        trigger, _ = await operated(redis, namespace, name)
        try:
            await resume(redis, trigger)
        except PausedByAnnotationError as error:
            raise ProblemError(409, str(error)) from error
        view = await trigger_view(redis, namespace, name)
        audit.did("trigger resumed", trigger.key, view.backlog)
        return view

    return routes

"""Pausing a trigger beside its YAML, and resuming it."""

from redis.asyncio import Redis

from poplin.catalog import TriggerRecord, set_paused
from poplin.errors import PoplinError

__all__ = ["PausedByAnnotationError", "pause", "resume"]


class PausedByAnnotationError(PoplinError):
    """The YAML says paused, whatever an operator says: change the YAML."""


async def pause(redis: Redis, trigger: TriggerRecord) -> bool:
    """Whether that is a change: nothing is attempted from about a quarter of a second on."""
    return await set_paused(redis, trigger.uid, is_paused=True)


async def resume(redis: Redis, trigger: TriggerRecord) -> bool:
    """Whether that is a change. Raises PausedByAnnotationError, and changes nothing then."""
    if trigger.paused:
        raise PausedByAnnotationError(
            f"trigger {trigger.key} is paused by its annotation poplin.dev/paused; change the YAML"
        )
    return await set_paused(redis, trigger.uid, is_paused=False)

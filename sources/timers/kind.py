"""What the sources service needs of PingSources: who fires one, and how one is forgotten."""

from redis.asyncio import Redis

from poplin.resources import ResolvedSource
from poplin.resources.source_models import PingSpec
from sources.outlet import Outlet
from sources.standing import Standing
from sources.tally import Tally
from sources.timers.memory import Memory
from sources.timers.worker import Clock, Timer

__all__ = ["PingKind"]


class PingKind:
    """Shared by all timers of a process."""

    def __init__(self, redis: Redis, tally: Tally, clock: Clock | None = None) -> None:
        self._redis = redis
        self._tally = tally
        self._clock = clock

    def worker(self, resolved: ResolvedSource, standing: Standing, outlet: Outlet) -> Timer:
        source = resolved.source
        if source is None or not isinstance(source.spec, PingSpec):
            raise TypeError(f"{resolved.status.key} is no timer")
        return Timer(
            source,
            source.spec,
            memory=Memory(self._redis, source.key),
            outlet=outlet,
            standing=standing,
            tally=self._tally,
            clock=self._clock,
        )

    async def forget(self, redis: Redis, source_key: str) -> None:
        await Memory(redis, source_key).forget()

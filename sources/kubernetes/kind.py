"""ApiServerSource, as one of the kinds of sources that act by themselves."""

import asyncio

from redis.asyncio import Redis

from poplin.errors import ConfigurationError
from poplin.resources import ResolvedSource
from poplin.resources.source_models import ApiServerSpec
from sources.kubernetes.cluster import Cluster
from sources.kubernetes.hands import Pace
from sources.kubernetes.memory import forget
from sources.kubernetes.worker import ApiServerWorker, Shared
from sources.outlet import Outlet
from sources.standing import Standing
from sources.tally import Tally

__all__ = ["ApiServerKind"]

_LISTS = 2
"""Pages under way at once, in a process: each may have 500 objects, whole."""


class ApiServerKind:
    """One for a process."""

    def __init__(
        self, redis: Redis, cluster: Cluster, tally: Tally, *, pace: Pace | None = None
    ) -> None:
        self._shared = Shared(
            redis=redis,
            cluster=cluster,
            tally=tally,
            lists=asyncio.Semaphore(_LISTS),
            pace=pace or Pace(),
        )

    def worker(
        self, resolved: ResolvedSource, standing: Standing, outlet: Outlet
    ) -> ApiServerWorker:
        source = resolved.source
        if source is None or not isinstance(source.spec, ApiServerSpec):
            raise ConfigurationError(f"{resolved.status.key} is no ApiServerSource that is valid")
        return ApiServerWorker(self._shared, source, source.spec, standing, outlet)

    async def forget(self, redis: Redis, source_key: str) -> None:
        await forget(redis, source_key)

"""The kinds of sources that act by themselves, with what all sources of a kind share."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from poplin.settings import SourcesSettings
from sources.active import Kind
from sources.kubernetes.cluster import Cluster
from sources.kubernetes.kind import ApiServerKind
from sources.tally import Tally

__all__ = ["open_kinds"]


@asynccontextmanager
async def open_kinds(
    settings: SourcesSettings, redis: Redis, tally: Tally
) -> AsyncIterator[Mapping[str, Kind]]:
    """Each by its name; what they share is closed at the end."""
    cluster = Cluster(settings.kubeconfig, settings.kube_context)
    kinds: dict[str, Kind] = {"ApiServerSource": ApiServerKind(redis, cluster, tally)}
    try:
        yield kinds
    finally:
        await cluster.close()

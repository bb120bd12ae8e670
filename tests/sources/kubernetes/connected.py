"""A client of an API server of our own."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import yaml

from sources.kubernetes.api import Api
from sources.kubernetes.asking import Account, Asked
from sources.kubernetes.cluster import Cluster
from sources.kubernetes.connection import Connection
from sources.kubernetes.values import Listed, Resource, WatchEvent
from tests.sources.kubernetes_api import TOKEN, KubernetesApi

__all__ = ["CONFIG_MAPS", "GET", "connected", "connection", "everything", "kubeconfig", "names"]

CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps", True)
GET = Asked(account=Account("shop", "watcher"), verb="get", things="pods", path="/api/v1")


@asynccontextmanager
async def connected(
    server: KubernetesApi, folder: Path, *, silence_s: float = 30.0
) -> AsyncIterator[Api]:
    """As ServiceAccount shop/watcher."""
    cluster = Cluster(server.kubeconfig(folder / "kubeconfig"), None, silence_s=silence_s)
    yield await cluster.api("shop", "watcher")
    await cluster.close()


@asynccontextmanager
async def connection(file: Path, again_s: float = 0.0) -> AsyncIterator[Connection]:
    each = Connection(file, None, again_s=again_s)
    try:
        yield each
    finally:
        await each.close()


def kubeconfig(
    file: Path,
    server: str,
    user: Mapping[str, Any] | None = None,
    cluster: Mapping[str, Any] | None = None,
) -> Path:
    """With more fields of the cluster."""
    named = {"server": server, **(cluster or {})}
    document = {
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": named}],
        "users": [{"name": "who", "user": {"token": TOKEN} if user is None else user}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "who"}}],
    }
    file.write_text(yaml.safe_dump(document))
    return file


async def everything(found: AsyncGenerator[Listed, None]) -> list[Listed]:
    async with aclosing(found) as pages:
        return [each async for each in pages]


def names(batch: Sequence[WatchEvent] | Listed) -> list[str]:
    objects = batch.objects if isinstance(batch, Listed) else [each.object for each in batch]
    return [each["metadata"]["name"] for each in objects]

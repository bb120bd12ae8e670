"""A scene with an API server, a store and a sink."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from poplin.store import connect
from tests.conftest import running_store
from tests.fabric import subscriber
from tests.sources.kubernetes.scene import Scene
from tests.sources.kubernetes_api import kubernetes_api


@pytest.fixture(scope="session")
def one_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """What is remembered is tested on each kind of store; who works on that needs one."""
    with running_store(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
async def scene(one_store: str, tmp_path: Path) -> AsyncIterator[Scene]:
    redis = connect(one_store)
    await redis.execute_command("FLUSHALL", "SYNC")
    async with kubernetes_api() as api, subscriber() as sink:
        yield Scene(api, sink, redis, api.kubeconfig(tmp_path / "kubeconfig"))
    await redis.aclose()

"""One API server for all tests that need no other, and a namespace in it for each."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.cluster.admin import Admin
from tests.cluster.api_server import HOW_TO_GET_IT, MANUAL, ApiServer, assets
from tests.cluster.stage import Stage
from tests.conftest import running_store
from tests.fabric import subscriber
from tests.faults import results
from tests.faults.conftest import pytest_sessionfinish, pytest_testnodedown

__all__ = ["pytest_sessionfinish", "pytest_testnodedown"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if assets() is None:
        terminalreporter.write_line(HOW_TO_GET_IT)
    if results.RESULTS:
        terminalreporter.write_line(results.table(results.RESULTS))


@pytest.fixture(autouse=True, scope="session")
def _has_programs() -> None:
    found = assets()
    if found is None:
        pytest.skip(HOW_TO_GET_IT)
    for name in ("etcd", "kube-apiserver"):
        if not (found / name).exists():
            pytest.fail(f"{found} has no {name}; {HOW_TO_GET_IT}")


@pytest.fixture(scope="session")
def api_server(
    _has_programs: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiServer]:
    """With all as it is by default, but that etcd's history is compacted when a test says so."""
    server = ApiServer(tmp_path_factory.mktemp("cluster"), *MANUAL)
    asyncio.run(_started(server))
    yield server
    asyncio.run(server.stop())


async def _started(server: ApiServer) -> None:
    try:
        await server.start()
    except BaseException:
        await server.stop()
        raise


@pytest.fixture(scope="session")
def store(_has_programs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of one for all sources: their namespaces differ."""
    with running_store(tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture
async def admin(api_server: ApiServer) -> AsyncIterator[Admin]:
    async with api_server.admin() as client:
        yield client


@pytest.fixture
async def namespace(admin: Admin) -> str:
    """A new one."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    await admin.namespace(name)
    return name


@pytest.fixture
async def stage(
    tmp_path: Path, api_server: ApiServer, admin: Admin, namespace: str, store: str
) -> AsyncIterator[Stage]:
    async with subscriber() as peer:
        yield Stage(api_server, admin, namespace, peer, store, tmp_path, api_server.kubeconfig)

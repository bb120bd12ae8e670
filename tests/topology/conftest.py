"""One group of servers of each kind for all tests of a module: starting one takes seconds."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.conftest import REDIS, VALKEY
from tests.topology.servers import Cluster, SentinelGroup, cluster, sentinel_group


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=[VALKEY, REDIS])
async def nodes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Cluster]:
    async with cluster(tmp_path_factory.mktemp("cluster"), request.param) as group:
        yield group


@pytest_asyncio.fixture(params=[VALKEY, REDIS])
async def group(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SentinelGroup]:
    """A new one for each test, which breaks it."""
    async with sentinel_group(tmp_path, request.param) as each:
        yield each

"""The management API on a real store, without a socket of its own and as a process."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from redis.asyncio import Redis

from console.app import console_app
from tests.console.server import Console, running_console


@pytest.fixture
async def client(redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(console_app(redis), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture(scope="session")
def console(store_url: str) -> Iterator[Console]:
    """One for all tests; each begins with an empty store."""
    with running_console(store_url) as console:
        yield console


@pytest.fixture
async def server(redis: Redis, console: Console) -> AsyncIterator[httpx.AsyncClient]:  # noqa: ARG001 - empties the store
    """A client of the process, for what only a socket shows."""
    async with httpx.AsyncClient(base_url=console.url, trust_env=False, timeout=10) as client:
        yield client

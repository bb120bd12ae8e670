"""The management API on a real store, without a socket of its own."""

from collections.abc import AsyncIterator

import httpx
import pytest
from redis.asyncio import Redis

from console.app import console_app


@pytest.fixture
async def client(redis: Redis) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(console_app(redis), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client

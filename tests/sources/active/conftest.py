"""A world with one source, on each kind of store."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.fabric import subscriber
from tests.sources.active.world import World, source


@pytest.fixture
async def world(redis: Redis) -> AsyncIterator[World]:
    async with subscriber() as sink:
        found = World(redis, sink)
        found.save(source())
        yield found

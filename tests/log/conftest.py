import pytest
from redis.asyncio import Redis

from poplin.log import Log
from tests.log.helpers import GENERATION


@pytest.fixture
async def log(redis: Redis) -> Log:
    """An open, empty partition."""
    log = Log(redis, "shop/orders")
    await log.fence(GENERATION)
    return log

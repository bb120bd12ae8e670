"""Times in requests: RFC 3339, or how long ago by the store's clock."""

from redis.asyncio import Redis

from console.problems import ProblemError
from poplin.catalog import BrokerRecord, RemovedBroker
from poplin.catalog.catalog import logs
from poplin.operate import parse_when

__all__ = ["moment_us", "now_us"]


async def now_us(redis: Redis, broker: BrokerRecord | RemovedBroker) -> int:
    return await logs(redis, broker)[0].server_time_us()


def moment_us(field: str, text: str, now_us: int) -> int:
    """Raises ProblemError, which names the field."""
    try:
        return parse_when(text, now_us)
    except ValueError as error:
        raise ProblemError(400, f"{field}: {error}") from error

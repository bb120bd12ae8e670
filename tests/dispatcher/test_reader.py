"""What the reader says and does when the store has lost writes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from redis.asyncio import Redis
from structlog.typing import EventDict

from dispatcher.reader import Reader, TriggerSet
from dispatcher.tally import Tally
from poplin.filters import FilterIndex
from poplin.log import Log, LogId
from poplin.store import connect
from tests.log.helpers import GENERATION, accepted, event


@asynccontextmanager
async def reading(redis: Redis, url: str) -> AsyncIterator[tuple[Log, list[EventDict]]]:
    """A reader at work on a log that it has routed three events of; and what it says."""
    log = Log(redis, "shop/orders")
    await log.fence(GENERATION)
    await accepted(log, 3)
    blocking = connect(url)
    reader = Reader(log, blocking, {}, count=10, start=lambda _: None, tally=Tally())
    reader.triggers = TriggerSet(GENERATION, FilterIndex(()), {})
    reader.assign(is_ours=True)
    stop = asyncio.Event()

    async def refresh() -> None:
        """There is no newer set."""

    with structlog.testing.capture_logs() as lines:
        running = asyncio.create_task(reader.run(stop, refresh))
        await _until_routed(log)
        yield log, lines
        stop.set()
        reader.wake()
        await running
    await blocking.aclose()


async def _until_routed(log: Log) -> LogId:
    async with asyncio.timeout(10):
        while not await _is_routed(log):  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.01)
    return (await log.position()).cursor


async def _is_routed(log: Log) -> bool:
    position = await log.position()
    return not await log.read(position.cursor, 1, 0) and position.cursor != LogId(b"0-0")


async def _until_said(lines: list[EventDict]) -> EventDict:
    async with asyncio.timeout(5):
        while not lines:  # noqa: ASYNC110 - a line, not an event
            await asyncio.sleep(0.01)
    return lines[0]


async def test_a_cursor_that_went_back_is_routed_from_again(redis: Redis, store_url: str) -> None:
    """As after a failover: an idle reader notices too, before the next event comes."""
    async with reading(redis, store_url) as (log, lines):
        last = (await log.position()).cursor
        first = (await log.read(LogId(b"0-0"), 1, 0))[0][0]
        await redis.hset(log.keys.state, "cursor", first)
        said = await _until_said(lines)
        again = await _until_routed(log)

    assert again == last
    assert said["log_level"] == "warning"
    assert said["routed"] == last.decode()


async def test_a_store_that_was_emptied_is_said_to_be(redis: Redis, store_url: str) -> None:
    async with reading(redis, store_url) as (log, lines):
        await redis.flushall()
        said = await _until_said(lines)
        await log.fence(GENERATION)
        ids = await log.append([event()])
        assert ids is not None
        assert await _until_routed(log) == ids[0]

    assert said["log_level"] == "critical"
    assert len(lines) == 1


async def test_a_log_that_is_gone_is_said_once(redis: Redis, store_url: str) -> None:
    async with reading(redis, store_url) as (log, lines):
        await redis.delete(log.keys.log)
        said = await _until_said(lines)
        ids = await log.append([event()])
        assert ids is not None
        assert await _until_routed(log) == ids[0]

    assert (said["log_level"], len(lines)) == ("critical", 1)
    assert "the log is gone" in said["event"]

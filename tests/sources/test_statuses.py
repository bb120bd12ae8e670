"""What is true of the sources gets to the store, and nothing waits for that."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import structlog
from redis.asyncio import Redis

from poplin.catalog import SourceStatus, read_sources, write_sources
from poplin.catalog.sources import SOURCES
from poplin.store import connect
from sources import statuses as module
from sources.statuses import Statuses
from tests.sources.stage import resolved
from tests.waiting import until

STATUS = resolved().status


class Scene:
    def __init__(self, redis: Redis, current: Sequence[SourceStatus] | None) -> None:
        self.current = current
        self.known: Mapping[str, SourceStatus] | None = None
        self.statuses = Statuses(redis, lambda: self.current, self._go_on_from)

    def _go_on_from(self, known: Mapping[str, SourceStatus]) -> None:
        self.known = known

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        stop = asyncio.Event()
        running = asyncio.create_task(self.statuses.run(stop))
        try:
            yield
        finally:
            stop.set()
            self.statuses.wake()
            await running


async def _written(redis: Redis) -> list[SourceStatus]:
    return list((await read_sources(redis)).statuses.values())


async def test_statuses_are_written_and_their_service_leaves_in_the_end(redis: Redis) -> None:
    async with Scene(redis, [STATUS]).running():
        await until(lambda: _written(redis))
        while_running = await read_sources(redis)
    after = await read_sources(redis)

    assert while_running.is_alive
    assert (list(after.statuses.values()), after.is_alive) == ([STATUS], False)


async def test_an_edit_is_written_at_once(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 60.0)
    scene, edited = Scene(redis, [STATUS]), replace(STATUS, lag_s=1.0)
    async with scene.running():
        await until(lambda: _written(redis))
        scene.current = [edited]
        scene.statuses.wake()

        await until(lambda: _is(redis, [edited]))


async def _is(redis: Redis, expected: list[SourceStatus]) -> bool:
    return await _written(redis) == expected


async def test_nothing_is_written_before_the_files_are_read(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an earlier process wrote stays, and is gone on from."""
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    await write_sources(redis, [STATUS])
    scene = Scene(redis, None)
    async with scene.running():
        await until(lambda: scene.known is not None)
        await asyncio.sleep(0.05)
        while_unread = await _written(redis)
        scene.current = []
        await until(lambda: _is(redis, []))

    assert while_unread == [STATUS]
    assert scene.known == {STATUS.key: STATUS}


async def test_a_store_that_lost_all_has_it_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    monkeypatch.setattr(module, "_AGAIN_S", 0.1)
    async with Scene(redis, [STATUS]).running():
        await until(lambda: _written(redis))
        await redis.flushall()

        await until(lambda: _written(redis))
        assert (await read_sources(redis)).is_alive


async def test_what_has_not_changed_is_not_written_again_and_again(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    async with Scene(redis, [STATUS]).running():
        await until(lambda: _written(redis))
        await redis.delete(SOURCES)
        await asyncio.sleep(0.1)  # ten looks

        assert await _written(redis) == []


async def test_a_store_that_is_away_is_waited_for_and_told_of_once(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    away = connect("redis://127.0.0.1:1", timeout_s=0.2)
    scene = Scene(away, [STATUS])
    with structlog.testing.capture_logs() as lines:
        async with scene.running():
            await until(lambda: lines)
            await asyncio.sleep(0.05)  # a few looks more
            scene.statuses._redis = redis

            await until(lambda: _written(redis))
    await away.aclose()

    assert [line["event"] for line in lines] == ["waiting for the store; webhooks go on without it"]


async def test_a_store_that_refuses_is_told_once(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LOOK_S", 0.01)
    await redis.set(SOURCES, "foreign")
    with structlog.testing.capture_logs() as lines:
        async with Scene(redis, [STATUS]).running():
            await until(lambda: lines)
            await asyncio.sleep(0.1)

    assert [line["event"] for line in lines] == [
        "statuses of sources are not written: the store refuses"
    ]

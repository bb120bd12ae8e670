"""What is kept of a source that is gone is forgotten, and of no other."""

import asyncio

import structlog

from poplin.errors import StoreUnavailableError
from poplin.resources import Loaded
from poplin.resources.models import Problem
from sources.active.memory import ACTIVE, read_said
from sources.turn import turn_key
from tests.sources.active.world import REMOVED_KEPT_S, World, source
from tests.waiting import until

KEY = "PingSource/default/shop"


async def _remembered(world: World) -> set[str]:
    return set(await read_said(world.redis))


async def test_a_source_that_is_gone_is_forgotten(world: World) -> None:
    world.save(source(), source("cafe"))

    async with world.process() as process:
        await until(lambda: process.kind.at_work("shop") and process.kind.at_work("cafe"))
        world.save(source("cafe"))
        await until(lambda: process.kind.forgotten)
        await until(lambda: _is_remembered(world, "PingSource/default/cafe"))

        assert process.kind.at_work("cafe")

    assert process.kind.forgotten == [KEY]
    assert await world.redis.exists(turn_key(KEY)) == 0


async def _is_remembered(world: World, *keys: str) -> bool:
    return await _remembered(world) == set(keys)


async def test_a_source_that_was_removed_while_nobody_ran_is_forgotten(world: World) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
    world.save()

    async with world.process() as process:
        await until(lambda: process.kind.forgotten)
        await until(lambda: _is_remembered(world))


async def test_a_source_that_comes_back_in_time_is_not_forgotten(world: World) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
        world.save()
        await until(lambda: not process.is_working)
        world.save(source())
        await until(lambda: process.is_working)
        await asyncio.sleep(3 * REMOVED_KEPT_S)

        assert process.kind.forgotten == []


async def test_nothing_is_forgotten_while_a_file_may_hide_it(world: World) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
    world.found = []
    unreadable = Loaded(problems=[Problem("f.yaml", 1, "is no YAML", hides=True)])

    async with world.process(files=unreadable) as process:
        await asyncio.sleep(3 * REMOVED_KEPT_S)
        forgotten = list(process.kind.forgotten)
        process.take()
        await until(lambda: process.kind.forgotten)

    assert forgotten == []


async def test_what_another_process_works_on_is_not_forgotten(world: World) -> None:
    """Its files are older, or others."""
    async with world.process("a") as first:
        await until(lambda: first.is_working)
        world.found = []
        async with world.process("b") as second:
            await asyncio.sleep(5 * REMOVED_KEPT_S)

            assert (first.is_working, second.kind.forgotten) == (True, [])
            first.take()
            await until(lambda: first.kind.forgotten or second.kind.forgotten)


async def test_forgetting_that_fails_is_tried_again(world: World) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
        process.kind.refuses_to_forget = [StoreUnavailableError("away"), ValueError("a defect")]
        world.save()
        await until(lambda: process.kind.forgotten)

    assert await _remembered(world) == set()


async def test_what_another_kind_left_is_not_touched(world: World) -> None:
    await world.redis.hset(ACTIVE, "ApiServerSource/default/shop", b"{}")
    world.save()

    with structlog.testing.capture_logs() as lines:
        async with world.process() as process:
            await asyncio.sleep(3 * REMOVED_KEPT_S)

    assert await _remembered(world) == {"ApiServerSource/default/shop"}
    assert (process.kind.forgotten, lines) == ([], [])

"""A source that fails is shown, and tried again; the others go on."""

import asyncio
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import structlog

from poplin.catalog import Condition
from poplin.errors import PoplinError, StoreRefusesError, StoreUnavailableError
from poplin.store import connect
from sources.turn import Held, TurnLostError
from tests.conftest import running_store
from tests.fabric import subscriber
from tests.sources.active.world import PACE, Tried, Work, World, source, works
from tests.waiting import until


class NotTodayError(PoplinError):
    reason = "NotToday"


def failing(errors: Iterator[BaseException | None]) -> Work:
    """Each try raises the next, and works for None."""

    async def work(tried: Tried, held: Held) -> None:
        error = next(errors)
        if error is not None:
            raise error
        await works(tried, held)

    return work


async def test_what_fails_is_told_and_tried_again_until_it_works(world: World) -> None:
    gate = asyncio.Event()

    async def work(tried: Tried, held: Held) -> None:
        if tried.number == 2:
            await gate.wait()
        if tried.number < 4:
            raise NotTodayError(f"not today, {tried.number}")
        await works(tried, held)

    async with world.process(work=work) as process:
        await until(lambda: len(process.kind.tried) == 2)
        status = process.sources.served[0].status
        gate.set()
        await until(lambda: process.shows() == ("True", ""))

    assert status.condition("Deployed") == Condition(
        "Deployed", "False", "NotToday", "not today, 1"
    )
    assert status.condition("Ready").reason == "NotToday"


async def test_the_delays_between_tries_grow(world: World) -> None:
    began: list[float] = []

    async def work(_tried: Tried, _held: Held) -> None:
        began.append(time.monotonic())
        raise PoplinError("no")

    async with world.process(work=work):
        await until(lambda: len(began) == 8)

    pauses = [after - before for before, after in pairwise(began)]
    # 2^6 times as long as the first, or half of it; a busy machine makes the first longer.
    assert pauses[-1] > 16 * PACE
    assert pauses[-1] > pauses[0]


@pytest.mark.parametrize(
    ("error", "reason", "message"),
    [
        (PoplinError("no"), "Failed", "no"),
        (NotTodayError("no"), "NotToday", "no"),
        (ExceptionGroup("", [NotTodayError("a"), NotTodayError("b")]), "NotToday", "a; b"),
        (KeyError("secret"), "InternalError", "an internal error (KeyError); it is tried again"),
        (
            ExceptionGroup("", [NotTodayError("a"), ValueError("secret")]),
            "InternalError",
            "an internal error (ValueError); it is tried again",
        ),
        (
            asyncio.CancelledError("secret"),
            "InternalError",
            "an internal error (CancelledError); it is tried again",
        ),
    ],
    ids=repr,
)
async def test_every_failure_has_words_of_its_own_and_none_of_a_defect(
    world: World, error: BaseException, reason: str, message: str
) -> None:
    world.save(source(), source("cafe"))

    async def work(tried: Tried, held: Held) -> None:
        if tried.resolved.status.name == "shop":
            raise error
        await works(tried, held)

    with structlog.testing.capture_logs() as lines:
        async with world.process(work=work) as process:
            await until(lambda: process.shows() == ("False", reason))
            await until(lambda: process.kind.at_work("cafe"))
            status = process.sources.served[0].status

    assert status.condition("Deployed").message == message
    assert [line["why"] for line in lines] == [message]
    assert lines[0]["log_level"] == ("error" if reason == "InternalError" else "warning")
    assert lines[0]["source"] == "PingSource/default/shop"


async def test_a_worker_that_ends_by_itself_is_begun_anew(world: World) -> None:
    async def work(tried: Tried, held: Held) -> None:
        if tried.number > 1:
            await works(tried, held)

    async with world.process(work=work) as process:
        await until(lambda: process.shows() == ("True", ""))

    assert len(process.kind.tried) == 2


async def test_a_sink_that_is_no_url_is_shown(world: World) -> None:
    world.save(source(sink_uri="ftp://sink/"))

    async with world.process() as process:
        await until(lambda: process.shows() == ("False", "Failed"))

        assert "ftp://sink/" in process.sources.served[0].status.condition("Deployed").message


@pytest.mark.parametrize(
    "error",
    [
        TurnLostError("gone"),
        StoreUnavailableError("away"),
        ExceptionGroup("", [ValueError("late"), ExceptionGroup("", [TurnLostError("gone")])]),
    ],
    ids=repr,
)
async def test_what_ends_the_turn_is_followed_by_another(
    world: World, error: BaseException
) -> None:
    async with world.process(work=failing(iter([error, None]))) as process:
        await until(lambda: process.is_working)
        await until(lambda: process.shows() == ("True", ""))

        assert len(process.kind.tried) == 2


async def test_a_store_that_refuses_what_a_source_writes_is_told(world: World) -> None:
    work = failing(iter([StoreRefusesError("no rights"), None]))

    with structlog.testing.capture_logs() as lines:
        async with world.process(work=work) as process:
            await until(lambda: process.shows() == ("True", ""))

    assert [line["why"] for line in lines] == ["no rights"]


async def test_one_that_raises_while_it_is_cancelled_is_not_tried_again(world: World) -> None:
    """Groups of tasks do, with what their tasks say in their last moment."""

    async def work(tried: Tried, held: Held) -> None:
        try:
            await works(tried, held)
        finally:
            raise ExceptionGroup("", [ValueError("the last word")])

    async with world.process(work=work) as process:
        await until(lambda: process.is_working)
        world.save(source(digest="2"))
        await until(lambda: len(process.kind.tried) == 2 and process.is_working)
        process.stop.set()
        await until(lambda: not process.is_working)

    assert len(process.kind.tried) == 2


def test_without_the_store_nobody_works_and_with_it_somebody_again(tmp_path: Path) -> None:
    """In three acts: the store leaves and comes back while a source works."""
    with asyncio.Runner() as runner:
        peer = subscriber()
        sink = runner.run(peer.__aenter__())
        with running_store(tmp_path) as url:
            redis = connect(url, timeout_s=0.5)
            world = World(redis, sink)
            world.save(source())
            opened = world.process()
            process = runner.run(opened.__aenter__())
            runner.run(until(lambda: process.is_working))
        runner.run(until(lambda: not process.is_working))
        with running_store(tmp_path):
            runner.run(until(lambda: process.is_working))
            runner.run(until(lambda: process.shows() == ("True", "")))
            runner.run(opened.__aexit__(None, None, None))
            runner.run(redis.aclose())
        runner.run(peer.__aexit__(None, None, None))

    assert len(process.kind.tried) == 2

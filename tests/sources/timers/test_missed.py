"""Ticks that nobody fired: they are told, and fired afterwards where that is asked for."""

import asyncio

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from poplin.resources.source_models import CatchUp, PingSpec
from tests.fabric import subscriber
from tests.sources.dying import die
from tests.sources.timers.stage import KEY, Wall, at_work, ids, moment, stamps

EVERY_MINUTE = PingSpec()
BACK = (202, "", b"")


async def test_ticks_that_nobody_fired_for_more_than_a_minute_are_told_once(redis: Redis) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, EVERY_MINUTE):
            await wall.go_to("12:01:00")
        wall.time = moment("12:07:10")
        with capture_logs() as lines:
            async with at_work(redis, peer, wall, EVERY_MINUTE, holder="second") as second:
                await wall.go_to("12:08:30")
                counted = second.missed()
            async with at_work(redis, peer, wall, EVERY_MINUTE, holder="third") as third:
                await wall.go_to("12:08:40")
                counted_again, on_time = third.missed(), third.said("OnTime")

    assert ids(peer.received) == [*stamps("12:01:00", 1, 60), *stamps("12:07:00", 2, 60)]
    assert (counted, counted_again) == (5, 0)
    assert lines == [
        {
            "event": "ticks were missed",
            "log_level": "warning",
            "source": KEY,
            "ticks": "5",
            "first": "2026-03-01T12:02:00Z",
            "last": "2026-03-01T12:06:00Z",
        }
    ]
    assert (on_time.status, on_time.reason) == ("False", "TicksMissed")
    assert on_time.message == (
        "5 ticks from 2026-03-01T12:02:00Z to 2026-03-01T12:06:00Z were missed while nothing ran "
        "or the sink was away; poplin.dev/catch-up has such ticks fired afterwards"
    )


async def test_what_was_told_is_remembered_before_anything_else_is_done(redis: Redis) -> None:
    spec = PingSpec(schedule="@hourly")
    wall = Wall("12:30:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, spec):
            await wall.go_to("12:31:00")
        wall.time = moment("13:30:00")
        counted = []
        for _ in range(2):
            async with at_work(redis, peer, wall, spec) as timer:
                await wall.go_to("13:30:00")
                counted.append(timer.missed())
                assert timer.said("OnTime").status == "False"

    assert counted == [1, 0]


async def test_what_was_missed_is_told_for_a_day(redis: Redis) -> None:
    spec = PingSpec(schedule="@hourly")
    wall = Wall("12:30:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, spec):
            await wall.go_to("12:31:00")
        wall.time = moment("13:30:00")
        async with at_work(redis, peer, wall, spec) as timer:
            await wall.go_to("2026-03-02 13:00:01")
            before = timer.said("OnTime").status
            await wall.go_to("2026-03-02 14:00:01")

            assert (before, timer.said("OnTime").status) == ("False", "True")


async def test_what_was_missed_is_told_no_longer_than_a_day_whatever_the_schedule(
    redis: Redis,
) -> None:
    spec = PingSpec(schedule="0 3 * * mon")
    wall = Wall("2026-03-01 12:00:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, spec):
            await wall.go_to("2026-03-01 12:00:01")
        wall.time = moment("2026-03-02 09:00:00")
        async with at_work(redis, peer, wall, spec) as timer:
            await wall.go_to("2026-03-03 08:59:59")
            before = timer.said("OnTime").status
            await wall.go_to("2026-03-03 09:00:02")

            assert (before, timer.said("OnTime").status) == ("False", "True")
            assert timer.said("Deployed").message == "the next tick is at 2026-03-09T03:00:00Z"


async def test_a_day_that_ends_while_the_sink_is_slow_is_over_all_the_same(redis: Redis) -> None:
    spec = PingSpec(schedule="0 3 1-3 3 *")
    wall = Wall("2026-03-01 12:00:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, spec):
            await wall.go_to("2026-03-01 12:00:01")
        wall.time = moment("2026-03-02 09:00:00")
        async with at_work(redis, peer, wall, spec) as timer:
            await wall.go_to("2026-03-03 02:59:59")

            def dawdle(_: object) -> tuple[int, str, bytes]:
                wall.time = moment("2026-03-03 09:30:00")
                return BACK

            peer.answer = dawdle
            await wall.go_to("2026-03-03 09:30:01")

            assert timer.said("OnTime").status == "True"


@pytest.mark.parametrize(
    ("catch_up", "fired"),
    [
        ("none", []),
        ("last", stamps("12:06:00", 1, 60)),
        ("all", stamps("12:02:00", 5, 60)),
    ],
)
async def test_missed_ticks_are_caught_up_as_asked(
    redis: Redis, catch_up: CatchUp, fired: list[str]
) -> None:
    wall = Wall("12:01:00")
    spec = PingSpec(catch_up=catch_up)

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, spec):
            await wall.go_to("12:01:30")
        wall.time = moment("12:07:10")
        async with at_work(redis, peer, wall, spec) as timer:
            await wall.go_to("12:07:20")

            assert timer.missed() == 5
    assert ids(peer.received) == [*fired, "2026-03-01T12:07:00Z"]


async def test_who_dies_while_catching_up_is_succeeded_and_counts_nothing_twice(
    redis: Redis,
) -> None:
    wall = Wall("12:01:00")
    spec = PingSpec(catch_up="all")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, spec):
            await wall.go_to("12:01:30")
        wall.time = moment("12:07:10")
        async with at_work(redis, peer, wall, spec) as second:

            def dies(_: object) -> tuple[int, str, bytes]:
                if len(peer.received) == 3:
                    die(second.task)
                return BACK

            peer.answer = dies
            await asyncio.wait([second.task])
            counted = second.missed()
        async with at_work(redis, peer, wall, spec) as third:
            await wall.go_to("12:07:20")

            assert (counted, third.missed()) == (5, 0)
    assert ids(peer.received) == [*stamps("12:02:00", 3, 60), *stamps("12:04:00", 4, 60)]

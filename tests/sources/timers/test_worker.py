"""A timer at work: each tick once, whoever fires it, and none is missed without a word."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from poplin.resources.source_models import PingSpec
from sources.timers.memory import TICKS
from sources.turn import TurnLostError
from tests.fabric import subscriber
from tests.sources.dying import die
from tests.sources.timers.stage import KEY, Wall, at_work, ids, moment, stamps

EVERY_SECOND = PingSpec(schedule="* * * * * *")
EVERY_MINUTE = PingSpec()
BACK = (202, "", b"")


async def test_a_tick_is_an_event_with_the_attributes_of_knative(redis: Redis) -> None:
    spec = PingSpec(schedule="0 3 * * *", content_type="text/plain", data=b"wake up")
    wall = Wall("02:59:58")

    async with subscriber() as peer, at_work(redis, peer, wall, spec) as timer:
        await wall.go_to("03:00:10")

        assert timer.said("Deployed").message == "the next tick is at 2026-03-02T03:00:00Z"
    (event,) = peer.received
    attributes = {name: text for name, text in event.headers.items() if name.startswith("ce-")}
    assert attributes == {
        "ce-specversion": "1.0",
        "ce-type": "dev.knative.sources.ping",
        "ce-source": "/apis/v1/namespaces/default/pingsources/night",
        "ce-id": "2026-03-01T03:00:00Z",
        "ce-time": "2026-03-01T03:00:00Z",
        "ce-team": "billing",
    }
    assert event.headers["content-type"] == "text/plain"
    assert event.data == b"wake up"


async def test_two_replicas_and_a_kill_in_ten_minutes_of_seconds(redis: Redis) -> None:
    """Whoever takes over goes on behind what the sink has."""
    wall = Wall("12:00:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, EVERY_SECOND, holder="first"):
            await wall.go_to("12:04:00.9")
        wall.time += timedelta(seconds=15)  # until the turn of the first has run out
        async with at_work(redis, peer, wall, EVERY_SECOND, holder="second") as second:
            await wall.go_to("12:10:00.9")

            assert second.missed() == 0
            assert second.said("OnTime").status == "True"
    assert ids(peer.received) == stamps("12:00:01", 600, 1)


async def test_who_dies_before_it_remembers_leaves_a_repeat_with_the_same_id(redis: Redis) -> None:
    wall = Wall("12:00:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, EVERY_MINUTE) as first:

            def dies(_: object) -> tuple[int, str, bytes]:
                die(first.task)
                return BACK

            peer.answer = dies
            wall.let_go("12:01:10")
            await asyncio.wait([first.task])
        peer.answer = lambda _: BACK
        async with at_work(redis, peer, wall, EVERY_MINUTE):
            await wall.go_to("12:02:10")

    assert ids(peer.received) == ["2026-03-01T12:01:00Z", *stamps("12:01:00", 2, 60)]


async def test_who_ends_in_order_repeats_nothing(redis: Redis) -> None:
    """It is told to while the sink has the tick and did not answer yet."""
    wall = Wall("12:00:00")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, EVERY_MINUTE) as first:

            def ends(_: object) -> tuple[int, str, bytes]:
                first.task.cancel()
                return BACK

            peer.answer = ends
            wall.let_go("12:01:10")
            await asyncio.wait([first.task])
        peer.answer = lambda _: BACK
        async with at_work(redis, peer, wall, EVERY_MINUTE):
            await wall.go_to("12:02:10")

    assert ids(peer.received) == stamps("12:01:00", 2, 60)


async def test_a_timer_that_is_new_has_missed_nothing(redis: Redis) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE) as timer:
        await wall.go_to("12:01:00")

        assert timer.missed() == 0
    assert ids(peer.received) == stamps("12:01:00", 1, 60)


async def test_another_schedule_begins_when_it_is_there(redis: Redis) -> None:
    """What the one before it had missed is no more."""
    wall = Wall("12:00:30")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, EVERY_MINUTE):
            await wall.go_to("12:01:00")
        wall.time = moment("12:30:00")
        for spec in (
            PingSpec(schedule="0/5 * * * *"),
            PingSpec(schedule="@hourly", timezone="Asia/Kolkata"),
        ):
            async with at_work(redis, peer, wall, spec) as timer:
                await wall.go_to((wall.time + timedelta(minutes=5)).isoformat(" ")[:19])

                assert timer.missed() == 0

    assert ids(peer.received) == ["2026-03-01T12:01:00Z", "2026-03-01T12:35:00Z"]


async def test_another_payload_leaves_the_timer_where_it_is(redis: Redis) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer:
        async with at_work(redis, peer, wall, EVERY_MINUTE):
            await wall.go_to("12:01:00")
        wall.time = moment("12:02:20")
        async with at_work(redis, peer, wall, replace(EVERY_MINUTE, data=b"new")):
            await wall.go_to("12:02:30")

    assert [each.data for each in peer.received] == [b"", b"new"]


async def test_while_the_sink_is_away_ticks_wait_for_a_minute(redis: Redis) -> None:
    """The one that is under way goes on, as long as it takes."""
    wall = Wall("12:00:30")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE) as timer:

        def come_back(_: object) -> tuple[int, str, bytes]:
            if len(peer.received) > 1:
                return BACK
            wall.time = moment("12:05:30")
            return 503, "", b""

        peer.answer = come_back
        await wall.go_to("12:06:10")

        assert timer.missed() == 3
    assert ids(peer.received) == [
        "2026-03-01T12:01:00Z", "2026-03-01T12:01:00Z",
        "2026-03-01T12:05:00Z", "2026-03-01T12:06:00Z",
    ]  # fmt: skip


async def test_ticks_that_got_late_in_the_queue_were_missed(redis: Redis) -> None:
    """Though they were due in time when the first of them was sent."""
    wall = Wall("12:00:00")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_SECOND) as timer:
        await wall.go_to("12:00:00.5")
        wall.time = moment("12:00:05.5")

        def dawdle(_: object) -> tuple[int, str, bytes]:
            if len(peer.received) == 2:
                wall.time = moment("12:01:03.9")
            return BACK

        peer.answer = dawdle
        await wall.go_to("12:01:05")

        assert timer.missed() == 1
    assert ids(peer.received) == [*stamps("12:00:01", 2, 1), *stamps("12:00:04", 62, 1)]


async def test_a_tick_that_the_sink_refuses_for_good_does_not_hold_up_the_others(
    redis: Redis,
) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE):
        peer.answer = lambda _: (400, "", b"")
        await wall.go_to("12:02:10")

    assert ids(peer.received) == stamps("12:01:00", 2, 60)


async def test_a_clock_that_is_set_back_fires_no_tick_twice(redis: Redis) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE) as timer:
        await wall.go_to("12:10:10")
        wall.time = moment("11:15:00")
        await wall.go_to("12:12:10")

        assert timer.missed() == 0
    assert ids(peer.received) == stamps("12:01:00", 12, 60)


async def test_a_clock_that_was_far_ahead_does_not_silence_the_timer(redis: Redis) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE) as timer:
        await wall.go_to("12:01:10")
        wall.time = moment("2030-01-01 00:00:10")
        await wall.go_to("2030-01-01 00:01:10")
        ahead = timer.missed()
        with capture_logs() as lines:
            wall.time = moment("12:01:20")
            await wall.go_to("12:02:10")

        assert (ahead, timer.missed()) == (10_001, 0)
        assert timer.said("OnTime").status == "True"
    assert ids(peer.received) == [
        "2026-03-01T12:01:00Z", "2030-01-01T00:00:00Z", "2030-01-01T00:01:00Z",
        "2026-03-01T12:02:00Z",
    ]  # fmt: skip
    assert [each["event"] for each in lines] == ["the clock went back"]


async def test_a_tick_is_delayed_by_half_a_second_at_most_and_a_late_one_by_nothing(
    redis: Redis,
) -> None:
    wall = Wall("12:00:30")
    at = []

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE, jitter=1.0):

        def note(_: object) -> tuple[int, str, bytes]:
            at.append(wall.time)
            return BACK

        peer.answer = note
        await wall.go_to("12:01:10")
        wall.time = moment("12:02:20")  # of which it learns a second later
        await wall.go_to("12:02:30")

    assert at == [moment("12:01:00.5"), moment("12:02:21")]


async def test_the_clock_is_looked_at_every_second(redis: Redis) -> None:
    wall = Wall("12:00:00.5")

    async with subscriber() as peer, at_work(redis, peer, wall, PingSpec(schedule="@daily")):
        await wall.go_to("12:03:00")

    assert max(wall.naps) == 1


async def test_who_lost_its_turn_fires_nothing_and_remembers_nothing(redis: Redis) -> None:
    wall = Wall("12:00:30")

    async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE) as timer:
        await wall.go_to("12:00:40")
        before = await redis.hget(TICKS, KEY)
        timer.held.is_lost = True
        wall.let_go("12:01:10")
        with pytest.raises(TurnLostError):
            await timer.task

    assert not peer.received
    assert await redis.hget(TICKS, KEY) == before


async def test_what_is_remembered_and_cannot_be_read_is_as_nothing(redis: Redis) -> None:
    wall = Wall("12:00:30")
    for value in (b"", b"[]", b"\xff", b'{"last": 5}'):
        await redis.hset(TICKS, KEY, value)
        async with subscriber() as peer, at_work(redis, peer, wall, EVERY_MINUTE) as timer:
            await wall.go_to((wall.time + timedelta(minutes=1)).isoformat(" ")[:19])

            assert len(peer.received) == 1
            assert timer.missed() == 0

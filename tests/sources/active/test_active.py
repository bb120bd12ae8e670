"""Each source that acts by itself works in one process, as its document says."""

import asyncio
from dataclasses import replace

import pytest

from poplin.catalog import Condition
from poplin.resources import ResolvedSource
from sources.active import board
from sources.active.memory import ACTIVE
from sources.turn import Held, turn_key
from tests.sources.active.world import PACE, Tried, World, idles, source, works
from tests.waiting import until

KEY = "PingSource/default/shop"


async def test_a_source_works_and_says_so(world: World) -> None:
    async with world.process() as process:
        before = process.shows()
        await until(lambda: process.shows("EventsAccepted") == ("True", ""))

        assert before == ("Unknown", "NotYetStarted")
        assert process.shows() == ("True", "")
        assert process.sources.served[0].status.ready


async def test_two_sources_work_beside_each_other(world: World) -> None:
    world.save(source("shop"), source("cafe"))

    async with world.process() as process:
        await until(lambda: process.kind.at_work("shop") and process.kind.at_work("cafe"))


async def test_of_two_processes_one_works_and_the_other_shows_what_it_says(world: World) -> None:
    async def watches(tried: Tried, held: Held) -> None:
        tried.standing.namespaces = ("a", "b")
        tried.standing.say(Condition("OnTime", "False", "TicksMissed", "three"))
        await works(tried, held)

    async with world.process("a", watches) as first:
        await until(lambda: first.is_working)
        async with world.process("b", watches) as second:
            await until(lambda: second.shows() == ("True", ""))
            await until(lambda: second.shows("EventsAccepted") == ("True", ""))

            assert second.shows("OnTime") == ("False", "TicksMissed")
            assert second.standing.namespaces == ("a", "b")
            assert second.standing.lag_s is not None
            assert not second.kind.tried


async def test_who_stops_leaves_the_work_to_the_other_at_once(world: World) -> None:
    async with world.process("b") as second, world.process("a") as first:
        await until(lambda: first.is_working or second.is_working)
        winner, loser = (first, second) if first.is_working else (second, first)
        winner.stop.set()

        await until(lambda: loser.is_working, 5)  # a turn that is not given back lasts 10 s
        assert not winner.is_working


async def test_who_lost_its_turn_sends_nothing_more(world: World) -> None:
    async with world.process() as process:
        await world.sink.wait_for(1)
        await world.redis.set(turn_key(KEY), "another")
        await until(lambda: not process.is_working)
        sent = len(world.sink.received)
        await asyncio.sleep(0.2)

        assert len(world.sink.received) == sent


async def test_an_edit_begins_anew_in_the_same_turn(world: World) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
        turn = await world.redis.get(turn_key(KEY))
        process.standing.say(Condition("OnTime", "False"))

        world.save(source(digest="2"))
        await until(lambda: len(process.kind.tried) == 2 and process.shows() == ("True", ""))

        assert [each.is_working for each in process.kind.tried] == [False, True]
        assert process.kind.tried[1].resolved.status.spec_digest == "2"
        assert process.shows("OnTime") == ("Unknown", "")
        assert await world.redis.get(turn_key(KEY)) == turn


async def test_whatever_changes_what_is_sent_begins_anew_and_nothing_else_does(
    world: World,
) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
        edits: list[tuple[ResolvedSource, int]] = [
            (source(refused_edit="it is wrong"), 1),
            (source(sink_uri=f"{world.sink.url}/other"), 2),
            (source(overrides=(("team", "a"),)), 3),
            (source(), 4),
            (replace(source(), status=replace(source().status, observed_generation=9)), 4),
        ]
        for edited, made in edits:
            world.save(edited)
            await until(lambda made=made: len(process.kind.tried) >= made)  # type: ignore[misc]
            await asyncio.sleep(5 * PACE)

            assert len(process.kind.tried) == made


async def test_extensions_of_the_document_are_on_every_event(world: World) -> None:
    world.save(source(overrides=(("team", "billing"),)))

    async with world.process():
        (got, *_) = await world.sink.wait_for(1)

    assert got.headers["ce-team"] == "billing"


async def test_without_a_sink_nobody_works(world: World) -> None:
    async with world.process() as process:
        await until(lambda: process.is_working)
        world.found = [source(sink_uri=None)]
        process.take()
        await until(lambda: not process.is_working)
        await until(lambda: process.shows() == ("Unknown", "NotYetStarted"))
        await until(lambda: _is_free(world))

        world.save(source())
        await until(lambda: process.is_working)


async def _is_free(world: World) -> bool:
    return not await world.redis.exists(turn_key(KEY))


async def test_a_document_that_is_refused_is_left_alone(world: World) -> None:
    refused = replace(source().status, conditions=(Condition("Ready", "False", "Invalid", "why"),))
    world.found = [ResolvedSource(status=refused)]

    async with world.process() as process:
        await asyncio.sleep(5 * PACE)

        assert not process.kind.tried
        assert process.shows("Ready") == ("False", "Invalid")


async def test_sources_of_other_kinds_are_left_alone(world: World) -> None:
    async with world.process() as process:
        status = replace(source().status, kind="ApiServerSource")
        world.found = [replace(source(sink_uri=world.sink.url), status=status)]
        process.take()
        await asyncio.sleep(5 * PACE)

        assert not process.kind.tried
        assert await world.redis.exists(turn_key("ApiServerSource/default/shop")) == 0


async def test_what_is_new_is_said_soon(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(board, "_AGAIN_S", 1000.0)
    async with world.process("a", idles) as first:
        await until(lambda: first.is_working)
        async with world.process("b", idles) as second:
            await until(lambda: second.shows() == ("True", ""))
            first.standing.say(Condition("OnTime", "False", "TicksMissed"))

            await until(lambda: second.shows("OnTime") == ("False", "TicksMissed"))


async def test_what_the_store_lost_is_said_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "_AGAIN_S", 0.1)
    async with world.process(work=idles) as process:
        await until(lambda: process.shows() == ("True", ""))
        await world.redis.delete(ACTIVE)

        await until(lambda: world.redis.exists(ACTIVE))


async def test_what_has_not_changed_is_not_said_again_and_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "_AGAIN_S", 1000.0)
    async with world.process(work=idles) as process:
        await until(lambda: process.shows() == ("True", ""))
        await asyncio.sleep(5 * PACE)
        await world.redis.delete(ACTIVE)
        await asyncio.sleep(5 * PACE)

        assert await world.redis.exists(ACTIVE) == 0


async def test_an_edit_is_seen_at_once(world: World) -> None:
    async with world.process(pace=100) as process:
        await until(lambda: process.is_working)
        world.save(source(digest="2"))

        await until(lambda: len(process.kind.tried) == 2)


async def test_who_begins_anew_is_not_ready_until_it_says_so(world: World) -> None:
    gate = asyncio.Event()

    async def work(tried: Tried, held: Held) -> None:
        if tried.number == 2:
            await gate.wait()
        await idles(tried, held)

    async with world.process(work=work) as process:
        await until(lambda: process.shows() == ("True", ""))
        world.save(source(sink_uri=f"{world.sink.url}/other"))
        await until(lambda: len(process.kind.tried) == 2)
        between = process.shows()
        gate.set()
        await until(lambda: process.shows() == ("True", ""))

    assert between == ("Unknown", "NotYetStarted")

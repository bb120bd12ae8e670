"""Of all that take turns one has it at a time, and one that lost it does nothing more."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from redis.asyncio import Redis

from poplin.store import connect
from sources.turn import Held, Turn, TurnLostError, turn_key
from sources.turn_calls import TurnCalls
from tests.conftest import running_store
from tests.waiting import until

LASTS_S = 0.6
RENEW_S = 0.1


@dataclass
class Player:
    """Works as long as it has the turn, which `held` is meanwhile."""

    held: Held | None = None
    turns: int = 0
    refused: int = 0
    acts: list[float] = field(default_factory=list)

    async def work(self, held: Held) -> None:
        self.held = held
        self.turns += 1
        try:
            while True:
                self.act()
                await asyncio.sleep(0.01)
        finally:
            self.held = None

    def act(self) -> None:
        assert self.held is not None
        try:
            self.held.check()
        except TurnLostError:
            self.refused += 1
            raise
        self.acts.append(time.monotonic())


@asynccontextmanager
async def playing(redis: Redis, player: Player) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    turn = Turn(redis, "test", lasts_s=LASTS_S, renew_s=RENEW_S)
    running = asyncio.create_task(turn.run(stop, player.work))
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await running


async def test_one_of_two_has_the_turn_and_the_other_waits_for_it(redis: Redis) -> None:
    first, second = Player(), Player()

    async with playing(redis, first) as stop, playing(redis, second):
        await until(lambda: first.held or second.held)
        winner, loser = (first, second) if first.held else (second, first)
        await asyncio.sleep(2 * LASTS_S)

        assert winner.held
        assert winner.turns == 1
        assert loser.turns == 0
        stop.set()


async def test_who_stops_gives_the_turn_back_at_once(redis: Redis) -> None:
    first, second = Player(), Player()

    async with playing(redis, first) as stop:
        await until(lambda: first.held)
        async with playing(redis, second):
            stop.set()
            await until(lambda: second.held)

    assert await redis.exists(turn_key("test")) == 0


async def test_one_that_was_paused_does_nothing_more_in_the_name_of_a_turn_that_ran_out(
    redis: Redis,
) -> None:
    player = Player()

    async with playing(redis, player):
        await until(lambda: player.held)
        lost = player.held
        time.sleep(LASTS_S)  # noqa: ASYNC251 - the whole process stands still
        # Before anything of it runs again another has the turn.
        await redis.set(turn_key("test"), "another", nx=True)
        with pytest.raises(TurnLostError):
            lost.check()  # type: ignore[union-attr]
        await until(lambda: player.held is None)
        acts = len(player.acts)
        await asyncio.sleep(3 * RENEW_S)

        assert len(player.acts) == acts
        assert player.turns == 1


async def test_a_turn_that_another_has_is_lost_before_it_would_run_out(redis: Redis) -> None:
    player = Player()
    slow = Turn(redis, "test", lasts_s=60, renew_s=RENEW_S)
    stop = asyncio.Event()
    running = asyncio.create_task(slow.run(stop, player.work))

    await until(lambda: player.held)
    await redis.set(turn_key("test"), "another")  # a store that forgot the first, after a failover

    await until(lambda: player.held is None)
    stop.set()
    await running
    assert await redis.get(turn_key("test")) == b"another"


def test_without_the_store_nobody_has_the_turn_and_with_it_somebody_again(tmp_path: Path) -> None:
    player = Player()
    with asyncio.Runner() as runner:
        with running_store(tmp_path) as url:
            redis = connect(url, timeout_s=0.5)
            game = playing(redis, player)
            runner.run(game.__aenter__())
            runner.run(until(lambda: player.held))
        runner.run(until(lambda: player.held is None))
        with running_store(tmp_path):
            runner.run(until(lambda: player.held))
            runner.run(game.__aexit__(None, None, None))
            runner.run(redis.aclose())

    assert player.turns == 2


async def test_what_the_work_raises_ends_it(redis: Redis) -> None:
    async def broken(_: Held) -> None:
        raise ValueError("broken")

    with pytest.raises(ExceptionGroup):
        await Turn(redis, "test", lasts_s=LASTS_S, renew_s=RENEW_S).run(asyncio.Event(), broken)

    assert await redis.exists(turn_key("test")) == 0


async def test_a_turn_is_taken_when_memory_is_full(redis: Redis) -> None:
    player = Player()
    await redis.config_set("maxmemory", 1)

    async with playing(redis, player):
        await until(lambda: player.held)


async def test_many_turns_of_a_process_cost_hardly_more_calls_than_one(redis: Redis) -> None:
    """Both of who has them and of who waits for them."""
    players = [Player() for _ in range(200)]

    async with playing_many(redis, players) as first, playing_many(redis, players):
        await until(lambda: all(each.held for each in players))
        before = await _scripts_run(redis)
        await asyncio.sleep(10 * RENEW_S)
        calls = await _scripts_run(redis) - before
        first.set()

    assert sum(each.turns for each in players) <= 2 * len(players)
    assert calls < 200  # one by one it would be 4,000


@asynccontextmanager
async def playing_many(redis: Redis, players: list[Player]) -> AsyncIterator[asyncio.Event]:
    """In a process of their own."""
    stop, calls = asyncio.Event(), TurnCalls(redis)
    turns = [
        Turn(redis, str(number), lasts_s=5, renew_s=RENEW_S, calls=calls)
        for number in range(len(players))
    ]
    async with asyncio.TaskGroup() as tasks:
        for turn, player in zip(turns, players, strict=True):
            tasks.create_task(turn.run(stop, player.work))
        yield stop
        stop.set()


async def _scripts_run(redis: Redis) -> int:
    found = await redis.info("commandstats")
    return int(found["cmdstat_evalsha"]["calls"])

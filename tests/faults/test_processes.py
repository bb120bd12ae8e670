"""Processes of the fabric die, while producers send and subscribers receive."""

import asyncio
import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.faults import results
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.store import paused, running
from tests.faults.system import System, system
from tests.faults.trial import Disturb, run_trial, until_sent
from tests.waiting import until

MOST_TWICE = 0.01 if results.IS_LONG else 0.02
"""A kill amid a backlog costs some hundred: of seventeen kills two more or less are one percent."""
AMID = 50
"""So many deliveries are under way."""


def kill_one(under_test: System, role: str, chance: random.Random) -> bool:
    """SIGKILL to one that runs; False while all are on their way back."""
    processes = under_test.processes(role)
    if not processes:
        return False
    try:
        chance.choice(processes).send_signal(signal.SIGKILL)
    except psutil.NoSuchProcess:
        return False
    return True


@pytest.mark.timeout(600)
async def test_without_a_fault_the_balance_is_exact(tmp_path: Path) -> None:
    events = results.events(16_000, 100_000)

    async def nothing(_: "asyncio.Task[None]") -> str:
        return ""

    async with running(tmp_path / "store") as store, system(tmp_path, store, seed=1) as under_test:
        found = await run_trial("none, 3 triggers", under_test, nothing, events=events, rate=1000)

    assert (found.accepted, found.duplicates, found.dead) == (events, 0, 0), found


def killing(under_test: System, role: str) -> Disturb:
    """One of them every 1–3 s, for as long as events are sent."""
    chance = random.Random(under_test.seed)

    async def kill() -> bool:
        return kill_one(under_test, role, chance)

    async def disturb(sending: "asyncio.Task[None]") -> str:
        return f"{await until_sent(sending, lambda: chance.uniform(1.0, 3.0), kill)} kills"

    return disturb


async def _kill_amid_deliveries(under_test: System) -> None:
    """By chance alone, a dispatcher that is killed may hold nothing."""
    receiver = under_test.receiver
    usual, receiver.answer = receiver.answer, lambda _path, _event: b""
    await until(lambda: len(receiver.requests_at) >= AMID)
    for process in under_test.processes("dispatcher"):
        process.kill()
    receiver.answer = usual


@pytest.mark.timeout(900)
async def test_dispatchers_are_killed(tmp_path: Path) -> None:
    events = results.events(16_000, 100_000)
    async with (
        running(tmp_path / "store") as store,
        system(tmp_path, store, "--dispatchers", "2", seed=2) as under_test,
    ):
        kills = killing(under_test, "dispatcher")

        async def disturb(sending: "asyncio.Task[None]") -> str:
            await _kill_amid_deliveries(under_test)
            return f"{await kills(sending)}, before them both at once amid deliveries"

        name = "dispatcher killed every 1–3 s, two dispatchers"
        found = await run_trial(name, under_test, disturb, events=events)

    assert found.accepted == events, under_test.ledger.refused_at[:5]
    assert found.duplicates <= MOST_TWICE * found.deliveries, found


@pytest.mark.timeout(900)
async def test_ingresses_are_killed(tmp_path: Path) -> None:
    """What was answered 202 is delivered; what was cut off may be, whole, or not at all."""
    events = results.events(16_000, 20_000)
    async with (
        running(tmp_path / "store") as store,
        system(tmp_path, store, "--workers", "2", seed=3) as under_test,
    ):
        name = "one of two ingresses killed every 1–3 s"
        found = await run_trial(name, under_test, killing(under_test, "ingress"), events=events)

    assert found.accepted > 0.9 * events, found


@pytest.mark.timeout(300)
async def test_a_dispatcher_holds_still_for_longer_than_its_leases(tmp_path: Path) -> None:
    """Another does its work; what it believes when it wakes changes nothing.

    One subscriber refuses all until then: its entries must outlive those that are settled.
    """
    async with (
        running(tmp_path / "store") as store,
        system(tmp_path, store, "--dispatchers", "2", seed=18) as under_test,
    ):
        peer = under_test.receiver

        async def disturb(_: "asyncio.Task[None]") -> str:
            peer.answer = lambda path, _event: status_only(503) if path == "/c" else ACCEPTED
            await asyncio.sleep(2)
            for process in under_test.processes("dispatcher"):
                with paused(process.pid):
                    await asyncio.sleep(15)
            await asyncio.sleep(6)
            peer.answer = lambda _path, _event: ACCEPTED
            return "each of two for 15 s"

        found = await run_trial(
            "dispatcher paused 15 s",
            under_test,
            disturb,
            events=results.events(8_000, 20_000),
            rate=200.0,
        )

    assert found.duplicates <= 0.01 * found.deliveries, found

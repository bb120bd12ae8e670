"""The annotation `poplin.dev/ordering`, while dispatchers die."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.faults import results
from tests.faults.ordering import Attempts, in_log_order, inversions
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.store import running
from tests.faults.system import dead_letters, system
from tests.faults.test_processes import killing
from tests.faults.trial import run_trial
from tests.waiting import until

KEYS = 100
FAILS = 0.1
NOTHING = b""


@pytest.mark.timeout(600)
async def test_dispatchers_are_killed_and_every_key_keeps_its_order(tmp_path: Path) -> None:
    """Retries included. Beside it a trigger that asks for no order."""
    events = results.events(4_000, 50_000)
    async with (
        running(tmp_path / "store") as store,
        system(
            tmp_path,
            store,
            "--dispatchers",
            "2",
            seed=22,
            paths=["/a", "/b"],
            ordered=["/a"],
            annotations="poplin.dev/partitions: '4'",
        ) as under_test,
    ):
        under_test.keys = KEYS
        chance = random.Random(under_test.seed)
        kills = killing(under_test, "dispatcher")
        attempts = Attempts(lambda _path, _event: NOTHING)
        under_test.receiver.answer = attempts

        async def disturb(sending: "asyncio.Task[None]") -> str:
            await until(lambda: len(attempts.of["/a"]) >= KEYS // 2)
            for process in under_test.processes("dispatcher"):
                process.kill()
            attempts.answer = lambda _path, _event: (
                status_only(503) if chance.random() < FAILS else ACCEPTED
            )
            return f"{await kills(sending)}, before them both at once amid deliveries"

        found = await run_trial(
            "dispatcher killed every 1–3 s, an ordered trigger",
            under_test,
            disturb,
            events=events,
            rate=250.0,
        )
        async with store.client() as redis:
            order, dead = await in_log_order(redis), await dead_letters(redis)
        inverted = inversions(attempts.of["/a"], order, dead.get("/a", set()))

    results.note(
        f"inversions of {KEYS + 1} keys",
        f"{len(inverted)} in {len(attempts.of['/a']):,} attempts",
    )
    assert found.accepted == events, found
    assert not inverted, f"{found}, inversions {inverted[:5]}"

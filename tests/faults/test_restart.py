"""A rolling restart under a prober: nobody notices."""

import asyncio
import itertools
import signal
from pathlib import Path

import pytest

from tests.faults.store import running
from tests.faults.system import System, system
from tests.faults.trial import run_trial
from tests.waiting import until

SECONDS = 60


async def _restart(under_test: System, role: str, number: int) -> None:
    """SIGTERM to one, and wait until another took its place."""
    before = sorted(under_test.processes(role), key=lambda each: each.create_time())
    victim = before[number % len(before)]
    victim.send_signal(signal.SIGTERM)
    pids = {each.pid for each in before}
    await until(lambda: bool({each.pid for each in under_test.processes(role)} - pids), 20)
    await until(lambda: not victim.is_running(), 20)


@pytest.mark.timeout(300)
async def test_a_rolling_restart_fails_no_publish(tmp_path: Path) -> None:
    """One event every 10 ms over kept-alive connections."""
    async with (
        running(tmp_path / "store") as store,
        system(tmp_path, store, "--workers", "2", "--dispatchers", "2", seed=11) as under_test,
    ):

        async def disturb(sending: "asyncio.Task[None]") -> str:
            count = 0
            for number in itertools.count():
                for role in ("ingress", "dispatcher"):
                    await asyncio.sleep(1)
                    if sending.done():
                        return f"{count} restarts"
                    await _restart(under_test, role, number)
                    count += 1
            raise AssertionError

        found = await run_trial(
            "rolling restart of two ingresses and two dispatchers",
            under_test,
            disturb,
            events=SECONDS * 100,
            rate=100,
        )

    ledger = under_test.ledger
    assert (len(ledger.refused), len(ledger.unknown)) == (0, 0)
    assert found.duplicates <= 0.001 * found.deliveries, found

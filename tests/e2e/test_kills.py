"""Any process of `poplin up` dies, its store too; events do not. The long rows are in tests/faults."""

import asyncio
import random
import signal
from pathlib import Path

import psutil

from tests.faults.system import system
from tests.faults.trial import run_trial, until_sent

EVENTS = 4000
KILL_EVERY_S = 2.0


async def test_nothing_is_lost_while_processes_are_killed(tmp_path: Path) -> None:
    chance = random.Random(7)
    async with system(tmp_path, None, seed=7) as under_test:

        async def kill() -> bool:
            children = psutil.Process(under_test.fabric.process.pid).children()
            # The management API is not in the data path.
            services = [each for each in children if "console" not in each.cmdline()]
            chance.choice(services).send_signal(signal.SIGKILL)
            return True

        async def disturb(sending: "asyncio.Task[None]") -> str:
            return f"{await until_sent(sending, lambda: KILL_EVERY_S, kill)} kills"

        found = await run_trial("any process killed", under_test, disturb, events=EVENTS)

    assert found.accepted > EVENTS / 2
    assert found.duplicates <= 0.01 * found.deliveries

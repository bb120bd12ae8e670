"""An hour of mixed faults: nothing is lost, nothing grows. `make faults-long` only."""

import asyncio
import math
import os
import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.faults import results
from tests.faults.proxy import Proxy, proxy
from tests.faults.store import Store, paused, running
from tests.faults.system import System, system
from tests.faults.trial import run_trial

MINUTES = float(os.environ.get("POPLIN_SOAK_MINUTES") or 60)
QUIET_S = min(120.0, MINUTES * 6)
WARM_UP_S = MINUTES * 10
"""With faults: the backlog behind one has more under way at once than was ever before, and what
that took of memory is kept for the next. A leak would go on.
"""
RATE = 200.0
RETENTION_BYTES = 16 * 2**20
MEBIBYTE = 2**20


class Soak:
    """One fault every ten seconds or so, by a seed; what the processes held, before and after."""

    def __init__(self, under_test: System, store: Store, network: Proxy) -> None:
        self._under_test = under_test
        self._store = store
        self._network = network
        self._chance = random.Random(under_test.seed)
        self.faults = 0

    async def run(self, sending: "asyncio.Task[None]", seconds: float = math.inf) -> None:
        now = asyncio.get_running_loop().time
        ends = now() + seconds
        kinds = (self._kill_service, self._kill_store, self._pause_store, self._spoil_network)
        while not sending.done() and now() < ends:
            await asyncio.wait({sending}, timeout=self._chance.uniform(5, 15))
            if not sending.done():
                await self._chance.choice(kinds)()
                self.faults += 1

    async def _kill_service(self) -> None:
        """Only one of each kind: the others are measured for what they leak."""
        role = self._chance.choice(("ingress", "dispatcher"))
        processes = self._under_test.processes(role)
        if len(processes) == 2:
            max(processes, key=lambda each: each.create_time()).send_signal(signal.SIGKILL)

    async def _kill_store(self) -> None:
        await self._store.kill()
        await asyncio.sleep(0.5)
        await self._store.start()

    async def _pause_store(self) -> None:
        with paused(self._store.pid):
            await asyncio.sleep(self._chance.uniform(0.5, 6))

    async def _spoil_network(self) -> None:
        self._network.lost_replies = self._network.resets = 0.01
        await asyncio.sleep(3)
        self._network.lost_replies = self._network.resets = 0.0


def _held(processes: list[psutil.Process]) -> dict[int, tuple[int, int]]:
    """Memory and files of each."""
    return {each.pid: (each.memory_info().rss, each.num_fds()) for each in processes}


def _grown(before: dict[int, tuple[int, int]], after: dict[int, tuple[int, int]]) -> str:
    return ", ".join(f"{(after[pid][0] - before[pid][0]) / MEBIBYTE:+.1f}" for pid in before)


async def _keys(store: Store) -> set[str]:
    async with store.client() as redis:
        return set(map(str, await redis.keys("*")))


@pytest.mark.skipif(not results.IS_LONG, reason="an hour long; make faults-long runs it")
@pytest.mark.timeout(MINUTES * 60 + 600)
async def test_nothing_grows_in_an_hour(tmp_path: Path) -> None:
    async with (
        running(tmp_path / "store") as store,
        proxy(store.url, seed=17) as network,
        system(
            tmp_path, store, "--workers", "2", "--dispatchers", "2", seed=17, url=network.url,
            annotations=f"poplin.dev/retention-bytes: '{RETENTION_BYTES}'",
        ) as under_test,
    ):  # fmt: skip
        steady = [
            min(under_test.processes(role), key=lambda each: each.create_time())
            for role in ("ingress", "dispatcher", "console")
        ]
        soak = Soak(under_test, store, network)

        async def disturb(sending: "asyncio.Task[None]") -> str:
            await asyncio.wait({sending}, timeout=QUIET_S)
            quiet.update(_held(steady))
            await soak.run(sending, WARM_UP_S)
            before.update(_held(steady))
            await soak.run(sending)
            return f"{soak.faults} faults"

        quiet: dict[int, tuple[int, int]] = {}
        before: dict[int, tuple[int, int]] = {}
        events = int(MINUTES * 60 * RATE)
        await run_trial(
            f"soak of {MINUTES:g} min", under_test, disturb, events=events, rate=RATE, within_s=120
        )
        after = _held(steady)
        keys = await _keys(store)
        async with store.client() as redis:
            size = int((await redis.info("memory"))["used_memory"])

    results.note(
        f"soak: growth after {QUIET_S / 60:g} min without and {WARM_UP_S / 60:g} with faults",
        f"{_grown(before, after)} MB; store {size / MEBIBYTE:.0f} MB",
    )
    results.note("soak: growth in the first minutes with faults", f"{_grown(quiet, before)} MB")
    assert after.keys() == before.keys()
    assert all(after[pid][0] <= before[pid][0] + 5 * MEBIBYTE for pid in before)
    assert all(after[pid][1] <= before[pid][1] + 5 for pid in before)
    assert size <= RETENTION_BYTES + 16 * MEBIBYTE
    assert len(keys) <= 20, keys

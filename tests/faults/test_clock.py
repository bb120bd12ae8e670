"""The store's clock jumps: every time in the queues is of that clock."""

import asyncio
from pathlib import Path

import pytest

from poplin.log import Log
from tests.faults import results
from tests.faults.faketime import Faketime
from tests.faults.store import StoreOptions, StoreView, running
from tests.faults.system import system
from tests.faults.trial import run_trial


async def _clock_s(store: StoreView) -> float:
    async with store.client() as redis:
        return await Log(redis, "").server_time_us() / 1e6


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [3600, -10])
async def test_the_clock_of_the_store_jumps(tmp_path: Path, seconds: int) -> None:
    clock = Faketime(tmp_path)
    async with (
        running(tmp_path / "store", StoreOptions(prefix=clock.prefix)) as store,
        system(tmp_path, store, seed=14) as under_test,
    ):

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(3)
            before = await _clock_s(store)
            clock.set(seconds)
            jumped.append(asyncio.get_running_loop().time())
            assert abs(await _clock_s(store) - before - seconds) < 5, "the clock did not jump"
            return ""

        jumped: list[float] = []
        await run_trial(
            f"the store's clock jumps by {seconds:+} s",
            under_test,
            disturb,
            events=results.events(5_000, 20_000),
        )

    assert not under_test.ledger.refused
    assert under_test.ledger.works_again_s(jumped[0]) <= 10

"""The store's clock jumps: every time in the queues is of that clock."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from poplin.log import Log
from tests.faults import results
from tests.faults.store import StoreOptions, StoreView, running
from tests.faults.system import system
from tests.faults.trial import run_trial


def _faked(folder: Path) -> tuple[tuple[str, ...], Callable[[float], None]]:
    """What to put before the server's command, and how to set its clock off by seconds."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    assert libraries, "the clock tests need faketime: apt-get install faketime"
    offset = folder / "offset"

    def jump(seconds: float) -> None:
        staged = folder / "staged"
        staged.write_text(f"{seconds:+g}s\n")
        staged.replace(offset)

    jump(0)
    env = shutil.which("env") or "env"
    prefix = (
        env, f"LD_PRELOAD={libraries[0]}", f"FAKETIME_TIMESTAMP_FILE={offset}",
        "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
    )  # fmt: skip
    return prefix, jump


async def _clock_s(store: StoreView) -> float:
    async with store.client() as redis:
        return await Log(redis, "").server_time_us() / 1e6


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [3600, -10])
async def test_the_clock_of_the_store_jumps(tmp_path: Path, seconds: int) -> None:
    prefix, jump = _faked(tmp_path)
    async with (
        running(tmp_path / "store", StoreOptions(prefix=prefix)) as store,
        system(tmp_path, store, seed=14) as under_test,
    ):

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(3)
            before = await _clock_s(store)
            jump(seconds)
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

"""The disk is full, or the store's memory: nothing is lost, and it recovers by itself."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults import results
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.system import PATHS, system
from tests.faults.trial import run_trial
from tests.waiting import until

REFUSALS = {429, 503}


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A tmpfs of its own."""
    if os.geteuid() != 0:
        pytest.skip("a small disk can only be mounted by root")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "poplin", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.timeout(300)
async def test_the_disk_is_full_for_a_while(tmp_path: Path) -> None:
    events = results.events(10_000, 20_000)
    with small_disk(tmp_path / "d", "64m") as disk:
        async with system(disk, None, seed=9) as under_test:

            async def disturb(_: "asyncio.Task[None]") -> str:
                await asyncio.sleep(3)
                ballast = disk / "ballast"
                ballast.write_bytes(bytes(shutil.disk_usage(disk).free - 65536))
                await until(lambda: bool(under_test.ledger.refused), 15)
                await asyncio.sleep(3)
                ballast.unlink()
                freed.append(asyncio.get_running_loop().time())
                return "full for 3 s and more"

            freed: list[float] = []
            await run_trial("disk full", under_test, disturb, events=events)

    ledger = under_test.ledger
    assert ledger.refused
    assert set(ledger.refused.values()) <= REFUSALS
    assert not ledger.unknown
    assert ledger.works_again_s(freed[0]) <= 10


@pytest.mark.timeout(300)
async def test_the_memory_is_full_for_a_while(tmp_path: Path) -> None:
    """Subscribers are down until most producers are refused; then everything drains."""
    events = max(20_000, results.events(20_000, 40_000))  # fewer would not fill it
    async with system(tmp_path, None, "--store-memory", "24", seed=10) as under_test:
        under_test.receiver.answer = lambda _path, _event: status_only(503)

        async def disturb(sending: "asyncio.Task[None]") -> str:
            refused = under_test.ledger.refused
            await until(lambda: sending.done() or len(refused) >= 2000, 30)
            assert not sending.done(), "the memory was not full"
            under_test.receiver.answer = lambda _path, _event: ACCEPTED
            up.append(asyncio.get_running_loop().time())
            return "subscribers down until 2,000 were refused"

        up: list[float] = []
        await run_trial("memory full", under_test, disturb, events=events, rate=1500)
        lines = [line for line in under_test.fabric.lines if "internal error" in line]

    ledger = under_test.ledger
    assert not lines
    assert set(ledger.refused.values()) <= REFUSALS
    assert not ledger.unknown
    assert ledger.works_again_s(up[0]) <= 10
    assert len(ledger.arrivals) == len(PATHS)

"""Processes that may have few files, or little memory."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.faults import results
from tests.faults.producer import Load, produce
from tests.faults.store import paused, running
from tests.faults.system import System, system
from tests.faults.trial import run_trial

_CGROUPS = Path("/sys/fs/cgroup/memory")


async def _crowd(under_test: System, count: int) -> list[asyncio.StreamWriter]:
    """So many connections that ask for nothing."""
    opened = [asyncio.open_connection("127.0.0.1", under_test.port) for _ in range(count)]
    return [streams[1] for streams in await asyncio.gather(*opened)]


@pytest.mark.timeout(300)
async def test_files_run_out(tmp_path: Path) -> None:
    """More clients than files: some wait or fail, the fabric lives and serves on. No event is
    given up for it, though each has one attempt only.
    """
    async with (
        running(tmp_path / "store") as store,
        system(tmp_path, store, seed=15, delivery="retry: 0, timeout: PT5S") as under_test,
    ):
        services = [under_test.processes(role)[0] for role in ("ingress", "dispatcher")]

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(2)
            for process in services:
                limit = process.num_fds() + 4
                process.rlimit(psutil.RLIMIT_NOFILE, (limit, limit))
            with paused(services[1].pid):
                await asyncio.sleep(0.5)  # what gathers wants more connections than there are files
            crowd = await _crowd(under_test, 200)
            await asyncio.sleep(5)
            ingress = services[0]
            assert ingress.num_fds() >= ingress.rlimit(psutil.RLIMIT_NOFILE)[0] - 1
            for writer in crowd:
                writer.close()
            left.append(asyncio.get_running_loop().time())
            return "200 connections, and a burst, more than files"

        left: list[float] = []
        found = await run_trial(
            "files run out", under_test, disturb, events=results.events(5_000, 20_000)
        )
        assert found.dead == 0
        assert all(each.is_running() for each in services)

    assert under_test.ledger.works_again_s(left[0]) <= 10


@contextmanager
def _memory_of_at_most(size: int, pid: int) -> Iterator[None]:
    group = _CGROUPS / f"poplin-{pid}"
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"memory cannot be limited here: {error}")
    try:
        (group / "memory.limit_in_bytes").write_text(str(size))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        for line in (group / "cgroup.procs").read_text().split():
            (_CGROUPS / "cgroup.procs").write_text(line)
        group.rmdir()


@pytest.mark.timeout(300)
async def test_an_ingress_is_killed_for_its_memory(tmp_path: Path) -> None:
    """Large events at once are more than it may hold: the kernel ends it, nothing is lost."""
    async with running(tmp_path / "store") as store, system(tmp_path, store, seed=16) as under_test:
        (ingress,) = under_test.processes("ingress")

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(2)
            with _memory_of_at_most(ingress.memory_info().rss + 16 * 2**20, ingress.pid):
                load = Load(
                    port=under_test.port, events=300, rate=1e6, seed=16, connections=100,
                    most_bytes=1_000_000, prefix="large", timeout_s=20,
                )  # fmt: skip
                await produce(load, under_test.ledger)
                assert not ingress.is_running() or ingress.status() == psutil.STATUS_ZOMBIE
            return "300 events of up to 1 MB at once"

        await run_trial(
            "ingress killed for its memory",
            under_test,
            disturb,
            events=results.events(4_000, 20_000),
        )

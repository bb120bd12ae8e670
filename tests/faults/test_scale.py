"""Ten thousand triggers; a million events behind a dispatcher that was away."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from tests.fabric import Fabric, broker_yaml, trigger_yaml
from tests.faults import results
from tests.faults.ledger import Ledger
from tests.faults.producer import Load, produce
from tests.faults.receiver import receiver
from tests.faults.store import StoreOptions, running
from tests.faults.system import system
from tests.waiting import until

TRIGGERS = 10_000
MEBIBYTE = 2**20


def _rss(fabric: Fabric, role: str) -> int:
    children = psutil.Process(fabric.process.pid).children()
    return sum(each.memory_info().rss for each in children if role in each.cmdline())


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_ten_thousand_triggers(tmp_path: Path) -> None:
    """Each event is for one of them."""
    events, rate = results.events(2_000, 20_000), 100.0
    ledger = Ledger()
    async with receiver(ledger) as peer:
        yaml = broker_yaml() + "".join(
            trigger_yaml(f"t{number}", peer.uri(f"/{number % 10}"), kind=f"test.{number}")
            for number in range(TRIGGERS)
        )
        async with Fabric.up(tmp_path, yaml, within_s=120) as fabric:
            port = int(fabric.url.rpartition(":")[2])
            async with asyncio.TaskGroup() as tasks:
                for number in range(20):
                    load = Load(
                        port=port,
                        events=events // 20,
                        rate=rate / 20,
                        seed=number,
                        connections=2,
                        kind=f"test.{number * (TRIGGERS // 20)}",
                        prefix=f"{number}-",
                    )
                    tasks.create_task(produce(load, ledger))
            await until(lambda: sum(map(len, ledger.arrivals.values())) >= len(ledger.accepted), 20)
            rss = _rss(fabric, "dispatcher")

    ages = sorted(at - ledger.sent_at[event] for (_, event), at in ledger.first_arrival.items())
    p99 = ages[len(ages) * 99 // 100]
    results.note(
        f"{TRIGGERS:,} triggers, {rate:g} events a second",
        f"event to delivery p99 {p99 * 1000:.0f} ms; dispatcher {rss / MEBIBYTE:.0f} MB",
    )
    assert len(ledger.accepted) == events // 20 * 20
    assert p99 <= 1.0
    assert rss <= 500 * MEBIBYTE


@pytest.mark.alone
@pytest.mark.timeout(3600)
async def test_a_backlog_is_drained_in_bounded_memory(tmp_path: Path) -> None:
    events = results.events(50_000, 1_000_000)
    async with (
        running(tmp_path / "store", StoreOptions(memory_bytes=4 << 30)) as store,
        system(tmp_path, store, seed=13, paths=["/a"]) as under_test,
    ):
        (dispatcher,) = under_test.processes("dispatcher")
        dispatcher.send_signal(signal.SIGSTOP)
        load = Load(
            port=under_test.port, events=events, rate=1e6, seed=13, connections=64, most_bytes=512
        )
        await produce(load, under_test.ledger)
        dispatcher.send_signal(signal.SIGCONT)
        async with _watched(dispatcher) as most:
            recovery = await under_test.recovered(1200)
        found = await under_test.verdict()
        results.record(
            f"backlog of {events:,}",
            found,
            sent=events,
            server=await store.version(),
            seed=13,
            recovery_s=recovery,
            notes=f"dispatcher at most {most[0] / MEBIBYTE:.0f} MB",
        )

    assert found.is_clean, found
    assert found.accepted == events
    assert most[0] <= 300 * MEBIBYTE


@asynccontextmanager
async def _watched(process: psutil.Process) -> AsyncIterator[list[int]]:
    """The most memory that it had, in the list's one place."""
    most = [0]

    async def watch() -> None:
        while True:
            most[0] = max(most[0], process.memory_info().rss)
            await asyncio.sleep(0.05)

    watching = asyncio.create_task(watch())
    try:
        yield most
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)

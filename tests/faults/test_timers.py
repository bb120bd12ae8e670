"""Ten minutes of a timer that fires each second, while those that fire it are killed."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.conftest import die_with_parent
from tests.fabric import Fabric, Subscriber, broker_yaml, subscriber, trigger_yaml
from tests.faults import results
from tests.faults.faketime import Faketime
from tests.faults.store import running
from tests.metrics.page import Page
from tests.waiting import until

SECOND = timedelta(seconds=1)
PACE = 15
DOWN_S = 130
_STEP_S = 0.1
_MISSED = "poplin_source_ticks_missed_total"
_TIMER = """\
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: seconds}
spec:
  schedule: "* * * * * *"
  sink: {ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: main}}
"""


class Pace:
    """How fast the clock goes, against the real one."""

    def __init__(self, clock: Faketime) -> None:
        self._clock = clock
        self.rate = 1.0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_STEP_S)
            self._clock.set(self._clock.offset_s + (self.rate - 1) * _STEP_S)


class Replicas:
    """Services of the sources, beside each other on one store."""

    def __init__(self, clock: Faketime, *options: str) -> None:
        self._clock = clock
        self._options = options
        self._processes: list[asyncio.subprocess.Process] = []

    async def start(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *(*self._clock.prefix, sys.executable, "-m", "poplin_cli.main", "sources"),
            *(*self._options, "--webhook-port", "0"),
            stdout=asyncio.subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )
        self._processes.append(process)

    async def kill_first(self) -> None:
        """SIGKILL to the one that has been there the longest."""
        process = self._processes.pop(0)
        process.kill()
        await process.wait()

    async def end(self) -> None:
        while self._processes:
            await self.kill_first()


@asynccontextmanager
async def _timed(
    folder: Path, fabric: Fabric, store_url: str
) -> AsyncIterator[tuple[Replicas, Pace, Faketime]]:
    broker, timer = folder / "fabric.yaml", folder / "timer.yaml"
    timer.write_text(_TIMER)
    clock = Faketime(folder)
    files = ("-f", str(broker), "-f", str(timer))
    replicas = Replicas(clock, "--redis", store_url, *files, "--ingress-url", fabric.url)
    pace = Pace(clock)
    pacing = asyncio.create_task(pace.run())
    try:
        yield replicas, pace, clock
    finally:
        pacing.cancel()
        await replicas.end()


def _ticks(peer: Subscriber) -> list[datetime]:
    return [datetime.fromisoformat(each.headers["ce-id"]) for each in peer.received]


async def _until_tick(peer: Subscriber, tick: datetime) -> None:
    await until(lambda: peer.received and max(_ticks(peer)) >= tick, 60)


async def _missed(fabric: Fabric) -> tuple[int, str]:
    """As it was counted, and as it is told."""
    async with httpx.AsyncClient(base_url=fabric.admin_url, trust_env=False) as client:
        page = Page((await client.get("/metrics")).text)
        source = (await client.get("/sources/default/seconds")).json()
    told = {each["type"]: each for each in source["status"]["conditions"]}["OnTime"]
    return int(page.value(_MISSED, source_name="seconds")), told.get("message", "")


@pytest.mark.timeout(300)
async def test_each_tick_of_ten_minutes_comes_once_and_missed_ones_are_told(tmp_path: Path) -> None:
    """Two replicas, of which one is killed; and later none for two minutes."""
    async with running(tmp_path / "store") as store, subscriber() as peer:
        yaml = broker_yaml(annotations="poplin.dev/dedupe-window: PT10M") + trigger_yaml(
            "all", f"{peer.url}/", kind="dev.knative.sources.ping"
        )
        async with (
            Fabric.up(tmp_path, yaml, "--redis", store.url) as fabric,
            _timed(tmp_path, fabric, store.url) as (replicas, pace, clock),
        ):
            await replicas.start()
            await until(lambda: peer.received)
            first = _ticks(peer)[0]
            await replicas.start()
            pace.rate = PACE
            await _until_tick(peer, first + 250 * SECOND)
            pace.rate = 1  # a turn runs out by the store's clock, which is the real one
            await replicas.kill_first()
            killed = max(_ticks(peer))
            await _until_tick(peer, killed + 20 * SECOND)
            pace.rate = PACE
            await _until_tick(peer, first + 600 * SECOND)
            pace.rate = 1
            before_end = await _missed(fabric)
            await replicas.end()
            clock.set(clock.offset_s + DOWN_S)
            await replicas.start()
            last = max(_ticks(peer))
            await _until_tick(peer, last + (DOWN_S + 20) * SECOND)
            await until(lambda: _is_told(fabric))
            counted, told = await _missed(fabric)

    ticks = sorted(_ticks(peer))
    assert len(ticks) == len(set(ticks))
    ten_minutes = [tick for tick in ticks if tick <= first + 600 * SECOND]
    assert ten_minutes == [first + number * SECOND for number in range(601)]
    assert before_end == (0, "")
    expected = (ticks[-1] - first) // SECOND + 1
    gone = expected - len(ticks)
    results.note(
        "ten minutes of a timer's seconds, two replicas, one killed; then none for two minutes",
        f"each of {len(ten_minutes)} ticks once; {gone} missed later, all told",
    )
    assert gone >= DOWN_S - 60
    assert counted == gone
    assert told.startswith(f"{gone} ticks from ")


async def _is_told(fabric: Fabric) -> bool:
    counted, told = await _missed(fabric)
    return counted > 0 and told != ""

"""What a thousand attackers at once cost the ingress, and a producer that means well."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from tests.fabric import Fabric, broker_yaml, event_headers
from tests.hostile.attack import ATTACKS
from tests.hostile.wire import connected

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST_BYTES = 50 * 1024 * 1024
MOST_S = 10.0 + 5.0
"""The request timeout, and what the crowd of a loaded machine needs."""
MOST_P99_S = 0.5
STATUSES = {
    "one line": "431",
    "many headers": "431",
    "endless target": "414",
    "endless trailer": "431",
    "huge length": "413",
    "dripped chunks": "408",
    "slow head": "408",
    "silence": "408",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(folder: Path) -> AsyncIterator[Fabric]:
    async with Fabric.up(folder, broker_yaml()) as each:
        yield each


async def test_attackers_are_ended_within_bounds_and_a_producer_is_served(fabric: Fabric) -> None:
    ingress = _ingress(fabric)
    await _produce(fabric, asyncio.Event(), least=100)
    before = ingress.memory_info().rss
    over = asyncio.Event()
    producing = asyncio.create_task(_produce(fabric, over))
    measuring = asyncio.create_task(_peak(ingress, over))
    attackers = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hostile.attack", fabric.url, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await attackers.communicate()
    over.set()
    waits_s = sorted(await producing)
    peak = await measuring

    found = json.loads(said)
    assert found["ends"] == {
        kind: {STATUSES[kind]: number} for kind, (number, _) in ATTACKS.items()
    }
    assert found["last_s"] < MOST_S
    assert peak - before <= MOST_BYTES
    assert waits_s[len(waits_s) * 99 // 100] <= MOST_P99_S
    assert "Traceback" not in "\n".join(fabric.lines)


async def test_a_client_that_reads_no_answers_is_read_no_further(fabric: Fabric) -> None:
    ingress = _ingress(fabric)
    before = ingress.memory_info().rss
    _, writer = await connected(fabric.url)
    with pytest.raises(TimeoutError):
        await _send_on(writer, b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 2000)
    grown = ingress.memory_info().rss - before
    writer.transport.abort()

    assert grown <= MOST_BYTES


async def _send_on(writer: asyncio.StreamWriter, requests: bytes) -> None:
    """As long as they are taken; raises TimeoutError when none are for two seconds."""
    for _ in range(1000):
        writer.write(requests)
        await asyncio.wait_for(writer.drain(), 2)


def _ingress(fabric: Fabric) -> psutil.Process:
    (found,) = [
        child
        for child in psutil.Process(fabric.process.pid).children()
        if "ingress" in child.cmdline()
    ]
    return found


async def _produce(fabric: Fabric, over: asyncio.Event, least: int = 0) -> list[float]:
    """The seconds that each event took, one behind the other; every one is accepted."""
    waits_s: list[float] = []
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        while not over.is_set() and (not least or len(waits_s) < least):
            began = time.monotonic()
            answer = await client.post(
                f"{fabric.url}/default/main", headers=event_headers("1"), content=b"{}"
            )
            waits_s.append(time.monotonic() - began)
            assert answer.status_code == 202
            await asyncio.sleep(0.005)
    return waits_s


async def _peak(process: psutil.Process, over: asyncio.Event) -> int:
    most = 0
    while not over.is_set():
        most = max(most, process.memory_info().rss)
        await asyncio.sleep(0.02)
    return most

"""Connections that the subscriber leaves while they are idle cost no attempts.

POPLIN_LEAVE_EVENTS and POPLIN_LEAVE_SECONDS make it as long and as slow as one likes.
"""

import asyncio
import os
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from redis.asyncio import Redis

from poplin.log import Keys
from poplin.log.journal import outcomes_in
from poplin.log.look import Look, Place
from poplin.store import connect
from tests.fabric import Fabric, broker_yaml, event_headers, trigger_yaml
from tests.hostile.subscriber_stage import store_of

EVENTS = int(os.environ.get("POPLIN_LEAVE_EVENTS", "800"))
MOST_IDLE_S = float(os.environ.get("POPLIN_LEAVE_SECONDS", "0.5"))
MOST_WASTED = 0.02 if MOST_IDLE_S < 2 else 0.001
"""A subscriber that leaves as a request is on its way wastes one: more of them, the busier the
machine."""
BURST = 40


@asynccontextmanager
async def leaving() -> AsyncIterator[str]:
    """The URL of the subscriber that leaves."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.hostile.subscriber_leaving", str(MOST_IDLE_S),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{(await process.stdout.readline()).decode().strip()}/"
    finally:
        process.kill()
        await process.wait()


class Outcomes:
    """Of all attempts, by the journal."""

    def __init__(self, redis: Redis) -> None:
        self._look, self._place = Look(redis, Keys("default/main")), Place()
        self.found: Counter[str] = Counter()

    async def read(self) -> None:
        is_end = False
        while not is_end:
            chunks, self._place, is_end = await self._look.journal(self._place)
            for chunk in chunks:
                self.found.update(line.kind for line in outcomes_in(chunk.lines))

    async def read_all(self, count: int) -> None:
        """Until so many have come to an end."""
        async with asyncio.timeout(10):
            while self.found["s"] + self.found["b"] < count:
                await self.read()
                await asyncio.sleep(0.05)


@pytest.mark.timeout(60 + EVENTS * MOST_IDLE_S / 100)
async def test_connections_left_idle_cost_no_attempts(tmp_path: Path) -> None:
    chance = random.Random(15)
    async with leaving() as url:
        yaml = broker_yaml("{retry: 3, backoffPolicy: linear, backoffDelay: PT0.05S}")
        async with (
            Fabric.up(tmp_path, yaml + trigger_yaml("t", url)) as fabric,
            httpx.AsyncClient(base_url=fabric.url, trust_env=False, timeout=10) as client,
        ):

            async def send(number: int) -> None:
                await client.post("/default/main", headers=event_headers(str(number)))

            sent = 0
            redis = connect(store_of(fabric))
            outcomes = Outcomes(redis)
            while sent < EVENTS:
                burst = range(sent, sent + chance.randint(1, BURST))
                await asyncio.gather(*map(send, burst))
                sent = burst.stop
                await asyncio.sleep(chance.uniform(0, MOST_IDLE_S / 4))
                await outcomes.read()
            await outcomes.read_all(sent)
            await redis.aclose()

    print(f"{sent} events, {outcomes.found}")  # noqa: T201 - with pytest -s
    assert outcomes.found["s"] == sent
    assert outcomes.found["d"] <= MOST_WASTED * sent

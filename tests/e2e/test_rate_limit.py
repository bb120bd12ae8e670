"""A rate limit, over two ingress processes."""

import asyncio
import time
from pathlib import Path

import httpx
import pytest

from tests.fabric import Fabric, broker_yaml, event_headers

RATE = 20
"""So few that a busy machine sends more."""
SECONDS = 6.0


async def test_ingress_processes_share_the_limit(tmp_path: Path) -> None:
    yaml = broker_yaml(annotations=f"poplin.dev/rate-limit: '{RATE}'")
    answers: list[httpx.Response] = []
    times: list[float] = []
    async with (
        Fabric.up(tmp_path, yaml, "--workers", "2") as fabric,
        httpx.AsyncClient(base_url=fabric.url, trust_env=False) as client,
    ):
        ends = time.monotonic() + SECONDS

        async def send() -> None:
            while time.monotonic() < ends:
                answers.append(await client.post("/default/main", headers=event_headers("1")))
                times.append(time.monotonic())
                await asyncio.sleep(0.01)

        await asyncio.gather(*(send() for _ in range(16)))

    expected = RATE * (times[-1] - times[0]) + RATE
    passed = sum(answer.status_code == 202 for answer in answers)
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == len(answers) - passed
    assert len(answers) > 1.3 * passed, "too few were sent to reach the limit"
    assert passed == pytest.approx(expected, rel=0.1)
    assert {answer.headers["retry-after"] for answer in refused} == {"1"}
    assert "poplin.dev/rate-limit" in refused[0].json()["detail"]

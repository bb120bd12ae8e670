"""Subscribers that hang while large events wait for them: memory is bounded, others keep their pace."""

import asyncio
import time
from pathlib import Path
from statistics import median

import httpx

from tests.fabric import Fabric, Subscriber, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.hostile.subscriber_stage import growth
from tests.sender.helpers import hangs
from tests.sender.hostile import hostile

MEBIBYTE = 1024 * 1024
HANGING = 10
LARGE = 64
SIZE = 900_000
SMALL = 150
TIMEOUT_S = 3
DELIVERY = f"{{retry: 9, backoffPolicy: linear, backoffDelay: PT0.1S, timeout: PT{TIMEOUT_S}S}}"


async def test_hanging_subscribers_of_large_events_cost_bounded_memory_and_nobody_else(
    tmp_path: Path,
) -> None:
    """Of 580 MB that their windows have room for, 128 MiB are under way at once."""
    async with hostile() as enemy, subscriber() as peer:
        enemy.acts = [hangs]
        yaml = broker_yaml(DELIVERY) + trigger_yaml("healthy", peer.url)
        for number in range(HANGING):
            yaml += trigger_yaml(f"hangs-{number}", enemy.url, kind="test.large")
        async with (
            Fabric.up(tmp_path, yaml) as fabric,
            growth(fabric) as grown,
            httpx.AsyncClient(base_url=fabric.url, trust_env=False) as client,
        ):
            for number in range(LARGE):
                headers = event_headers(f"large-{number}", "test.large")
                await client.post("/default/main", headers=headers, content=bytes(SIZE))
            # What was routed is in memory once for all; what is leased again is not.
            await asyncio.sleep(TIMEOUT_S)
            waits = [await _seconds_to_deliver(client, peer, n) for n in range(SMALL)]

    assert grown.bytes < 300 * MEBIBYTE
    assert median(waits) < 0.1


async def _seconds_to_deliver(client: httpx.AsyncClient, peer: Subscriber, number: int) -> float:
    began = time.monotonic()
    await client.post("/default/main", headers=event_headers(f"small-{number}"))
    await peer.wait_for(number + 1)
    return time.monotonic() - began

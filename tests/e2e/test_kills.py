"""Processes die, events do not. POPLIN_LEDGER_EVENTS makes it as long as one likes."""

import asyncio
import os
import random
import signal
from pathlib import Path

import psutil
import pytest

from tests.e2e.ledger import Ledger, balance, missing, send_at_rate
from tests.fabric import Fabric, broker_yaml, subscriber, trigger_yaml

EVENTS = int(os.environ.get("POPLIN_LEDGER_EVENTS", "4000"))
RATE = 500.0
KILL_EVERY_S = 2.0
PATHS = ["/a", "/b", "/c"]


def _services(fabric: Fabric) -> list[psutil.Process]:
    """Store, ingress and dispatcher; the management API is not in the data path."""
    children = psutil.Process(fabric.process.pid).children()
    return [child for child in children if "console" not in child.cmdline()]


@pytest.mark.timeout(60 + EVENTS / RATE * 2)
async def test_nothing_is_lost_while_processes_are_killed(tmp_path: Path) -> None:
    chance = random.Random(7)
    ledger = Ledger()
    async with subscriber() as peer:
        triggers = [trigger_yaml(path[1:], peer.url + path) for path in PATHS]
        async with Fabric.up(tmp_path, broker_yaml() + "".join(triggers)) as fabric:
            sending = asyncio.create_task(send_at_rate(fabric, EVENTS, RATE, ledger, seed=7))
            kills = 0
            while not sending.done():
                await asyncio.wait({sending}, timeout=KILL_EVERY_S)
                if not sending.done():
                    chance.choice(_services(fabric)).send_signal(signal.SIGKILL)
                    kills += 1
            await sending
            async with asyncio.timeout(40), peer.changed:
                await peer.changed.wait_for(lambda: not missing(ledger, peer, PATHS))

    found = balance(ledger, peer, PATHS)
    print(f"{kills} kills, {len(ledger.accepted)} accepted, {found}")  # noqa: T201 - with pytest -s
    assert kills >= 2
    assert len(ledger.accepted) > EVENTS / 2
    assert (found.lost, found.altered, found.phantom) == ([], [], [])
    assert found.duplicates <= 0.01 * found.deliveries

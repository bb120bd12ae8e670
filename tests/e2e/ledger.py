"""A ledger outside the system: what was sent with which answer, and what arrived."""

import asyncio
import hashlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

from tests.fabric import Fabric, Subscriber, event_headers

__all__ = ["Ledger", "balance", "missing", "send_at_rate"]


@dataclass
class Ledger:
    """Digests of the data by event id. `unknown` were sent and not answered with 202."""

    accepted: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Balance:
    lost: list[tuple[str, str]]
    altered: list[tuple[str, str]]
    phantom: list[tuple[str, str]]
    duplicates: int
    deliveries: int


async def send_at_rate(fabric: Fabric, count: int, rate: float, ledger: Ledger, seed: int) -> None:
    """Send `count` events over a few connections; an event is sent once, whatever its answer."""
    chance = random.Random(seed)
    numbers = iter(range(count))
    began = time.monotonic()

    async def worker() -> None:
        async with httpx.AsyncClient(trust_env=False, timeout=8) as client:
            for number in numbers:
                await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
                event, data = f"e{number}", chance.randbytes(chance.randint(0, 1500))
                digest = hashlib.sha256(data).hexdigest()
                try:
                    answer = await client.post(
                        f"{fabric.url}/default/main", headers=event_headers(event), content=data
                    )
                    known = answer.status_code == 202
                    assert known or answer.status_code == 503, answer.text
                except httpx.HTTPError:
                    known = False
                (ledger.accepted if known else ledger.unknown)[event] = digest

    await asyncio.gather(*(worker() for _ in range(16)))


def missing(ledger: Ledger, subscriber: Subscriber, paths: list[str]) -> list[tuple[str, str]]:
    """What was accepted and has not arrived."""
    arrived = {(each.path, each.headers["ce-id"]) for each in subscriber.received}
    owed = [(path, event) for path in paths for event in ledger.accepted]
    return [key for key in owed if key not in arrived]


def balance(ledger: Ledger, subscriber: Subscriber, paths: list[str]) -> Balance:
    """What every path should have received against what it did."""
    received = Counter((each.path, each.headers["ce-id"]) for each in subscriber.received)
    sent = {**ledger.accepted, **ledger.unknown}
    return Balance(
        lost=missing(ledger, subscriber, paths),
        altered=[
            (each.path, each.headers["ce-id"])
            for each in subscriber.received
            if sent.get(each.headers["ce-id"]) != hashlib.sha256(each.data).hexdigest()
        ],
        phantom=[key for key in received if key[1] not in sent],
        duplicates=sum(times - 1 for times in received.values()),
        deliveries=len(received),
    )

"""More than the store or the ingress can take: refused in words, nothing lost, and over by itself."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from redis.asyncio import Redis

from bench.load import Load, run_load
from bench.yardstick import processes
from poplin.store import connect
from tests.fabric import (
    Fabric,
    Received,
    Subscriber,
    broker_yaml,
    event_headers,
    subscriber,
    trigger_yaml,
)

DATA = b"x" * 16_000
SLOW = "{retry: 1000, backoffPolicy: linear, backoffDelay: PT3S}"


def _two_brokers(url: str) -> str:
    """`main` and `other`, each with a trigger on its own path; retries come every 3 s."""
    main = broker_yaml(SLOW, "poplin.dev/backoff-max: PT3S")
    both = main + trigger_yaml("main", f"{url}/main")
    return f"{both}---\n{both.replace('main', 'other')}"


@dataclass
class Producer:
    """Knows what `main` has accepted. Any other answer than 202, 429 or 503 with the time to
    come again, and any that takes long, is a failure.
    """

    client: httpx.AsyncClient
    accepted: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)

    async def send(self, path: str = "/default/main") -> int:
        event = f"e{len(self.statuses)}"
        self.statuses.append(0)
        answer = await self.client.post(path, headers=event_headers(event), content=DATA)
        self.statuses[int(event[1:])] = answer.status_code
        if answer.status_code == 202:
            if path == "/default/main":
                self.accepted.add(event)
        else:
            assert answer.status_code in (429, 503), answer.text
            assert int(answer.headers["retry-after"]) >= 1
            assert answer.json()["detail"]
        return answer.status_code

    async def send_until(self, status: int, path: str = "/default/main") -> None:
        """One after the other."""
        async with asyncio.timeout(20):
            while await self.send(path) != status:  # noqa: ASYNC110 - only an answer tells
                await asyncio.sleep(0.01)


@asynccontextmanager
async def _store(folder: Path) -> AsyncIterator[Redis]:
    redis = connect(f"unix://{folder}/data/store/store.sock")
    yield redis
    await redis.aclose()


async def _all_arrive(producer: Producer, peer: Subscriber) -> None:
    def arrived() -> set[str]:
        return {each.headers["ce-id"] for each in peer.received if each.path == "/main"}

    async with asyncio.timeout(30), peer.changed:
        await peer.changed.wait_for(lambda: producer.accepted <= arrived())


async def _used(redis: Redis) -> int:
    memory = await redis.info("memory")
    return int(memory["used_memory"])


async def test_a_full_store_refuses_drains_and_takes_events_again(tmp_path: Path) -> None:
    is_down = True

    def answer(request: Received) -> tuple[int, str, bytes]:
        return (503 if is_down and request.path == "/main" else 202), "", b""

    async with (
        subscriber() as peer,
        Fabric.up(tmp_path, _two_brokers(peer.url), "--store-memory", "24") as fabric,
        _store(tmp_path) as redis,
        httpx.AsyncClient(base_url=fabric.url, trust_env=False, timeout=8) as client,
    ):
        peer.answer = answer
        producer = Producer(client)

        # Up to half at once, then slowly over the line: main owes far more than its share.
        while await _used(redis) < 13 << 20:
            await asyncio.gather(*(producer.send() for _ in range(20)))
        await producer.send_until(429)

        assert await producer.send("/default/other") == 202
        assert (await client.get("/readyz")).status_code == 200

        # Full to the last byte: everything is refused, and what was accepted is still tried.
        await redis.config_set("maxmemory", await _used(redis))
        await producer.send_until(503)
        await producer.send_until(503, "/default/other")
        attempts = len(peer.received)
        await peer.wait_for(attempts + 100)
        assert (await client.get("/readyz")).status_code == 200

        # The subscriber is back: all is delivered, and room is made by itself.
        peer.received.clear()
        is_down = False
        await _all_arrive(producer, peer)
        await producer.send_until(202)
        await _all_arrive(producer, peer)

    said = "\n".join(fabric.lines)
    assert {202, 429, 503} == set(producer.statuses)
    assert "events are refused" in said
    assert "events are taken again" in said
    assert "starting it again" not in said


async def test_one_brokers_flood_leaves_the_others_events_quick(tmp_path: Path) -> None:
    ours, theirs = processes.Pipe()
    latencies: list[float] = []
    async with (
        subscriber() as peer,
        Fabric.up(tmp_path, _two_brokers(peer.url)) as fabric,
        httpx.AsyncClient(base_url=fabric.url, trust_env=False, timeout=8) as client,
    ):
        port = int(fabric.url.rpartition(":")[2])
        load = Load(port=port, path="/default/main", connections=100, seconds=4.0, size=4096)
        flood = processes.Process(target=run_load, args=(load, theirs))
        flood.start()
        while flood.is_alive():
            began = time.monotonic()
            answer = await client.post("/default/other", headers=event_headers("1"))
            latencies.append(time.monotonic() - began)
            assert answer.status_code == 202
            await asyncio.sleep(0.01)
        sent = ours.recv()
        flood.join()

    assert sent.accepted > 1000, "this was no flood"
    assert len(latencies) > 50
    assert sorted(latencies)[int(len(latencies) * 0.99)] < 0.5

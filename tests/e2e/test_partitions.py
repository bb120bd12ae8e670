"""A broker of several partitions and the dispatchers that share them."""

import asyncio
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from poplin.log import Keys, partition_of
from poplin.store import connect
from tests.e2e.ledger import Ledger, balance, missing, send_at_rate
from tests.fabric import Fabric, Subscriber, broker_yaml, event_headers, subscriber, trigger_yaml

pytestmark = pytest.mark.asyncio(loop_scope="module")

PATHS = ["/a", "/b", "/c"]
PARTITIONS = 4
KEYS = [f"customer-{number}" for number in range(20)]
BATCH = {"content-type": "application/cloudevents-batch+json"}


def wide_yaml(partitions: int, *paths: str, delivery: str | None = None) -> str:
    broker = broker_yaml() if delivery is None else broker_yaml(delivery)
    annotation = f"annotations: {{poplin.dev/partitions: '{partitions}'}}"
    triggers = [trigger_yaml(f"t{number}", path) for number, path in enumerate(paths)]
    return broker.replace("{name: main}", f"{{name: main, {annotation}}}") + "".join(triggers)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(peer: Subscriber, folder: Path) -> AsyncIterator[Fabric]:
    yaml = wide_yaml(PARTITIONS, *(peer.url + path for path in PATHS))
    async with Fabric.up(folder, yaml, "--dispatchers", "2") as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis(fabric: Fabric, folder: Path) -> AsyncIterator[Redis]:  # noqa: ARG001 - it runs
    client = connect(f"unix://{folder}/data/store/store.sock")
    yield client
    await client.aclose()


@pytest.fixture(autouse=True)
def _fresh(peer: Subscriber) -> None:
    peer.received.clear()


def dispatchers(fabric: Fabric) -> list[psutil.Process]:
    children = psutil.Process(fabric.process.pid).children()
    return [child for child in children if "dispatcher" in child.cmdline()]


async def by_partition(redis: Redis) -> list[dict[str, str]]:
    """The key of each event, '' for none, by id."""
    found = []
    for partition in range(PARTITIONS):
        rows: Any = await redis.xrange(Keys("default/main", partition).log)
        events = [orjson.loads(fields[b"a"]) for _, fields in rows]
        found.append({event["id"]: event.get("partitionkey", "") for event in events})
    return found


async def arrived(ledger: Ledger, peer: Subscriber, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds), peer.changed:
        await peer.changed.wait_for(lambda: not missing(ledger, peer, PATHS))


async def test_both_dispatchers_deliver_all_that_was_accepted_and_nothing_twice(
    fabric: Fabric, peer: Subscriber, redis: Redis
) -> None:
    ledger = Ledger()

    await send_at_rate(fabric, 2000, 500.0, ledger, seed=3)
    await arrived(ledger, peer)

    found = balance(ledger, peer, PATHS)
    assert (found.lost, found.altered, found.phantom, found.duplicates) == ([], [], [], 0)
    assert len(ledger.accepted) == 2000
    counts = [len(events) for events in await by_partition(redis)]
    assert min(counts) > 300, counts
    port = int(peer.url.rpartition(":")[2])
    for process in dispatchers(fabric):
        peers = [each.raddr for each in process.net_connections("tcp") if each.raddr]
        assert any(address.port == port for address in peers), "it has not delivered"


async def test_events_of_one_key_share_a_partition(
    fabric: Fabric, peer: Subscriber, redis: Redis
) -> None:
    """Also those of a batch, and whatever mode they come in."""
    events = [
        {"specversion": "1.0", "id": f"batch-{key}", "source": "/s", "type": "test.wanted",
         "partitionkey": key}
        for key in KEYS
    ]  # fmt: skip
    async with httpx.AsyncClient(trust_env=False, base_url=fabric.url) as client:
        for number in range(3):
            for key in KEYS:
                headers = event_headers(f"{number}-{key}", **{"ce-partitionkey": key})
                assert (await client.post("/default/main", headers=headers)).status_code == 202
        answer = await client.post("/default/main", headers=BATCH, content=orjson.dumps(events))
    await peer.wait_for(4 * len(KEYS) * len(PATHS))

    assert answer.status_code == 202
    places = defaultdict(set)
    for partition, held in enumerate(await by_partition(redis)):
        for key in filter(None, held.values()):
            places[key].add(partition)
    assert places == {key: {partition_of(key, PARTITIONS)} for key in KEYS}


@contextmanager
def paused(process: psutil.Process) -> Iterator[None]:
    process.suspend()
    try:
        yield
    finally:
        process.resume()


async def test_a_dispatcher_that_was_paused_does_no_harm_when_it_goes_on(
    fabric: Fabric, peer: Subscriber
) -> None:
    """It is taken for dead after two seconds; what it had read others have routed meanwhile."""
    ledger = Ledger()
    sending = asyncio.create_task(send_at_rate(fabric, 1500, 300.0, ledger, seed=4))
    await peer.wait_for(300)

    with paused(dispatchers(fabric)[0]):
        await asyncio.wait({sending}, timeout=3.5)
    await sending
    await arrived(ledger, peer)

    found = balance(ledger, peer, PATHS)
    assert (found.lost, found.altered, found.phantom, found.duplicates) == ([], [], [], 0)


async def test_what_a_killed_dispatcher_held_is_delivered(fabric: Fabric, peer: Subscriber) -> None:
    ledger = Ledger()
    sending = asyncio.create_task(send_at_rate(fabric, 900, 300.0, ledger, seed=5))
    await peer.wait_for(300)

    dispatchers(fabric)[0].send_signal(signal.SIGKILL)
    await sending
    await arrived(ledger, peer)

    found = balance(ledger, peer, PATHS)
    assert (found.lost, found.altered, found.phantom) == ([], [], [])
    assert found.duplicates < 200, "at most what it had under way"


async def test_a_dispatcher_that_ends_hands_its_partitions_over_at_once(
    fabric: Fabric, peer: Subscriber
) -> None:
    """Sooner than one that died is missed. Another test's event may come a second time here."""
    ledger = Ledger()
    dispatchers(fabric)[0].send_signal(signal.SIGTERM)
    events = [
        {"specversion": "1.0", "id": key, "source": "/s", "type": "test.wanted",
         "partitionkey": key}
        for key in KEYS
    ]  # fmt: skip
    answer = await fabric.post("/default/main", BATCH, orjson.dumps(events))
    began = time.monotonic()
    ledger.accepted = dict.fromkeys(KEYS, "")

    await arrived(ledger, peer)

    assert answer.status_code == 202
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 1)], ids=["raised", "lowered"])
async def test_what_is_owed_survives_another_number_of_partitions(
    tmp_path: Path, before: int, after: int
) -> None:
    patient = "{retry: 50, backoffPolicy: linear, backoffDelay: PT0.3S}"
    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        async with Fabric.up(tmp_path, wide_yaml(before, peer.url, delivery=patient)) as fabric:
            for number in range(20):
                answer = await fabric.post("/default/main", event_headers(f"old-{number}"))
                assert answer.status_code == 202
            await peer.wait_for(20)
        peer.answer = lambda _: (202, "", b"")
        peer.received.clear()

        async with Fabric.up(tmp_path, wide_yaml(after, peer.url, delivery=patient)) as fabric:
            for number in range(20):
                await fabric.post("/default/main", event_headers(f"new-{number}"))
            received = await peer.wait_for(40)
            async with httpx.AsyncClient(trust_env=False) as client:
                (broker,) = (await client.get(f"{fabric.admin_url}/brokers")).json()

    sent = [f"{age}-{number}" for age in ("old", "new") for number in range(20)]
    assert sorted(each.headers["ce-id"] for each in received) == sorted(sent)
    assert (broker["partitions"], broker["log"]) == (after, 40)

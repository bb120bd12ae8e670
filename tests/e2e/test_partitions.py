"""A broker of several partitions and the dispatchers that share them."""

import asyncio
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
from redis.asyncio import Redis

from poplin.log import Keys, partition_of
from tests.fabric import Fabric, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.faults.ledger import Ledger
from tests.faults.store import paused
from tests.faults.system import PATHS, System, system
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

PARTITIONS = 4
KEYS = [f"customer-{number}" for number in range(20)]
BATCH = {"content-type": "application/cloudevents-batch+json"}


def wide(partitions: int) -> str:
    return f"poplin.dev/partitions: '{partitions}'"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(folder: Path) -> AsyncIterator[System]:
    async with system(
        folder, None, "--dispatchers", "2", seed=3, annotations=wide(PARTITIONS)
    ) as each:
        yield each


@pytest.fixture
def under_test(shared: System) -> System:
    shared.receiver.ledger = Ledger()
    return shared


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis(shared: System) -> AsyncIterator[Redis]:
    async with shared.store.client() as client:
        yield client


def deliveries(under_test: System) -> int:
    return sum(counts.total() for counts in under_test.ledger.arrivals.values())


async def by_partition(redis: Redis) -> list[dict[str, str]]:
    """The key of each event, '' for none, by id."""
    found = []
    for partition in range(PARTITIONS):
        rows: Any = await redis.xrange(Keys("default/main", partition).log)
        events = [orjson.loads(fields[b"a"]) for _, fields in rows]
        found.append({event["id"]: event.get("partitionkey", "") for event in events})
    return found


async def test_both_dispatchers_deliver_all_that_was_accepted_and_nothing_twice(
    under_test: System, redis: Redis
) -> None:
    await under_test.produce(2000, 500.0)
    await under_test.recovered(20)

    found = await under_test.verdict()
    assert found.is_clean, found
    assert (found.accepted, found.duplicates) == (2000, 0), found
    counts = [len(events) for events in await by_partition(redis)]
    assert min(counts) > 300, counts
    for process in under_test.processes("dispatcher"):
        peers = [each.raddr for each in process.net_connections("tcp") if each.raddr]
        assert any(each.port == under_test.receiver.port for each in peers), "it has not delivered"


async def test_events_of_one_key_share_a_partition(under_test: System, redis: Redis) -> None:
    """Also those of a batch, and whatever mode they come in."""
    events = [
        {"specversion": "1.0", "id": f"batch-{key}", "source": "/s", "type": "test.wanted",
         "partitionkey": key}
        for key in KEYS
    ]  # fmt: skip
    async with httpx.AsyncClient(trust_env=False, base_url=under_test.fabric.url) as client:
        for number in range(3):
            for key in KEYS:
                headers = event_headers(f"{number}-{key}", **{"ce-partitionkey": key})
                assert (await client.post("/default/main", headers=headers)).status_code == 202
        answer = await client.post("/default/main", headers=BATCH, content=orjson.dumps(events))
    await until(lambda: deliveries(under_test) >= 4 * len(KEYS) * len(PATHS), 20)

    assert answer.status_code == 202
    places = defaultdict(set)
    for partition, held in enumerate(await by_partition(redis)):
        for key in filter(None, held.values()):
            places[key].add(partition)
    assert places == {key: {partition_of(key, PARTITIONS)} for key in KEYS}


async def test_a_dispatcher_that_was_paused_does_no_harm_when_it_goes_on(
    under_test: System,
) -> None:
    """It is taken for dead after two seconds; what it had read others have routed meanwhile."""
    sending = asyncio.create_task(under_test.produce(1500, 300.0))
    await until(lambda: deliveries(under_test) >= 300, 20)

    with paused(under_test.processes("dispatcher")[0].pid):
        await asyncio.wait({sending}, timeout=3.5)
    await sending
    await under_test.recovered(20)

    found = await under_test.verdict()
    assert found.is_clean, found
    assert found.duplicates == 0


async def test_what_a_killed_dispatcher_held_is_delivered(under_test: System) -> None:
    sending = asyncio.create_task(under_test.produce(900, 300.0))
    await until(lambda: deliveries(under_test) >= 300, 20)

    under_test.processes("dispatcher")[0].send_signal(signal.SIGKILL)
    await sending
    await under_test.recovered(20)

    found = await under_test.verdict()
    assert found.is_clean, found
    assert found.duplicates < 200, "at most what it had under way"


async def test_a_dispatcher_that_ends_hands_its_partitions_over_at_once(
    under_test: System,
) -> None:
    """Sooner than one that died is missed."""
    under_test.processes("dispatcher")[0].send_signal(signal.SIGTERM)
    events = [
        {"specversion": "1.0", "id": key, "source": "/s", "type": "test.wanted",
         "partitionkey": key}
        for key in KEYS
    ]  # fmt: skip
    answer = await under_test.fabric.post("/default/main", BATCH, orjson.dumps(events))
    began = time.monotonic()
    under_test.ledger.accepted = dict.fromkeys(KEYS, began)

    await until(lambda: not under_test.ledger.missing(PATHS), 20)

    assert answer.status_code == 202
    assert time.monotonic() - began < 1.5


def patient_yaml(partitions: int, uri: str) -> str:
    patient = "{retry: 50, backoffPolicy: linear, backoffDelay: PT0.3S}"
    return broker_yaml(patient, wide(partitions)) + trigger_yaml("t", uri)


@pytest.mark.parametrize(("before", "after"), [(1, 4), (4, 1)], ids=["raised", "lowered"])
async def test_what_is_owed_survives_another_number_of_partitions(
    tmp_path: Path, before: int, after: int
) -> None:
    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        async with Fabric.up(tmp_path, patient_yaml(before, peer.url)) as fabric:
            for number in range(20):
                answer = await fabric.post("/default/main", event_headers(f"old-{number}"))
                assert answer.status_code == 202
            await peer.wait_for(20)
        peer.answer = lambda _: (202, "", b"")
        peer.received.clear()

        async with Fabric.up(tmp_path, patient_yaml(after, peer.url)) as fabric:
            for number in range(20):
                await fabric.post("/default/main", event_headers(f"new-{number}"))
            received = await peer.wait_for(40)
            async with httpx.AsyncClient(trust_env=False) as client:
                (broker,) = (await client.get(f"{fabric.admin_url}/brokers")).json()["items"]

    sent = [f"{age}-{number}" for age in ("old", "new") for number in range(20)]
    assert sorted(each.headers["ce-id"] for each in received) == sorted(sent)
    assert (broker["partitions"], broker["events"]) == (after, 40)

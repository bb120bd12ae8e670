"""The whole fabric on a cluster, behind sentinels, and on a store that stalls or loses its data."""

import asyncio
import json
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, publish
from poplin.store import connect
from tests.conftest import running_store
from tests.e2e.test_alone import ingress
from tests.e2e.test_up import poplin
from tests.fabric import Fabric, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.topology.servers import cluster, sentinel_group

PATH = "/default/main"


async def _until_accepted(fabric: Fabric, event: str, seconds: float) -> set[int]:
    """Send the event until it is accepted; the other statuses that were seen."""
    seen: set[int] = set()
    async with asyncio.timeout(seconds):
        while (status := (await fabric.post(PATH, event_headers(event))).status_code) != 202:
            seen.add(status)
            await asyncio.sleep(0.05)
    return seen


def _store(fabric: Fabric) -> psutil.Process:
    children = psutil.Process(fabric.process.pid).children()
    return next(child for child in children if "-server" in child.cmdline()[0])


async def test_events_are_delivered_from_a_cluster(tmp_path: Path) -> None:
    async with cluster(tmp_path / "cluster") as nodes, subscriber() as peer:
        yaml = broker_yaml() + trigger_yaml("t", peer.url)
        async with Fabric.up(tmp_path, yaml, "--redis", nodes.url) as fabric:
            for number in range(20):
                assert (await fabric.post(PATH, event_headers(str(number)))).status_code == 202
            received = await peer.wait_for(20)

    assert {each.headers["ce-id"] for each in received} == set(map(str, range(20)))


async def test_profile_ha_delivers_what_it_accepted_after_a_failover(tmp_path: Path) -> None:
    async with sentinel_group(tmp_path / "group") as group, subscriber() as peer:
        yaml = broker_yaml() + trigger_yaml("t", peer.url)
        options = ("--redis", group.url, "--profile", "ha")
        async with Fabric.up(tmp_path, yaml, *options) as fabric:
            await _until_accepted(fabric, "before", 1)
            await group.partition_primary()
            alone = (await fabric.post(PATH, event_headers("alone"))).status_code
            await group.promoted()
            await group.heal()
            seen = await _until_accepted(fabric, "after", 20)
            while not {"before", "after"} <= {each.headers["ce-id"] for each in peer.received}:
                await peer.wait_for(len(peer.received) + 1)

    assert alone == 503
    assert seen <= {503}
    assert not any("ended with status" in line for line in fabric.lines)


@pytest.mark.parametrize("trouble", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_producer_hears_within_two_seconds_that_the_store_is_away(
    tmp_path: Path, trouble: signal.Signals
) -> None:
    async with Fabric.up(tmp_path, broker_yaml()) as fabric:
        await _until_accepted(fabric, "before", 1)
        store = _store(fabric)
        store.send_signal(trouble)
        async with httpx.AsyncClient(base_url=fabric.url, trust_env=False) as client:
            answers = await asyncio.gather(
                *(client.post(PATH, headers=event_headers(str(number))) for number in range(20))
            )
        if trouble == signal.SIGSTOP:
            store.send_signal(signal.SIGCONT)
        await _until_accepted(fabric, "after", 10)

    # A store that was killed may be back before the last of them.
    assert {answer.status_code for answer in answers} <= {503, 202}
    assert max(answer.elapsed.total_seconds() for answer in answers) < 2
    if trouble == signal.SIGSTOP:
        assert [answer.headers.get("retry-after") for answer in answers] == ["1"] * 20


async def test_a_store_that_lost_everything_is_filled_again_without_a_restart(
    tmp_path: Path,
) -> None:
    async with subscriber() as peer:
        yaml = broker_yaml() + trigger_yaml("t", peer.url)
        async with Fabric.up(tmp_path, yaml) as fabric:
            await _until_accepted(fabric, "before", 1)
            await peer.wait_for(1)
            redis = connect(f"unix://{tmp_path / 'data' / 'store' / 'store.sock'}")
            await redis.flushall()
            await redis.aclose()
            began = time.monotonic()
            seen = await _until_accepted(fabric, "after", 10)
            received = await peer.wait_for(2)
            took = time.monotonic() - began

    assert seen <= {503}
    assert took < 10
    assert [each.headers["ce-id"] for each in received] == ["before", "after"], "none again"
    said = "\n".join(fabric.lines)
    assert "the store has lost data; publishing the catalog again" in said
    assert "ended with status" not in said


async def test_an_ingress_alone_loses_no_broker_with_the_data_of_its_store(
    redis: Redis, store_url: str
) -> None:
    """It says 503 until the catalog is there again, never 404: the producer is to try again."""
    broker = BrokerRecord(namespace="default", name="main")
    await publish(redis, [broker], [])
    async with ingress(store_url) as (client, process):
        before = await client.post(PATH, headers=event_headers("1"))
        await redis.flushall()
        without = [await client.post(PATH, headers=event_headers("2")) for _ in range(3)]
        unknown = await client.post("/default/other", headers=event_headers("2"))
        said = await _line(process, "the catalog is gone")
        await publish(redis, [broker], [], after=1)
        after = await client.post(PATH, headers=event_headers("3"))

    assert before.status_code == 202
    assert [answer.status_code for answer in (*without, unknown)] == [503] * 4
    assert without[0].headers["retry-after"] == "1"
    assert after.status_code == 202
    assert said["level"] == "critical"


async def _line(process: asyncio.subprocess.Process, text: str) -> dict[str, str]:
    assert process.stdout is not None
    async with asyncio.timeout(5):
        while True:
            said: dict[str, str] = json.loads(await process.stdout.readline())
            if text in said["event"]:
                return said


def test_profile_ha_needs_a_store_with_a_replica(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(broker_yaml())
    up = ("up", "-f", str(tmp_path / "f.yaml"), "--port", "0", "--admin-port", "0")

    embedded = poplin(*up, "--profile", "ha", "--data-dir", str(tmp_path / "data"))
    with running_store(tmp_path / "store") as url:
        alone = poplin(*up, "--profile", "ha", "--redis", url)

    assert (embedded.returncode, alone.returncode) == (2, 2)
    assert "the embedded store has none; give --redis" in embedded.stderr
    assert "connect one with REPLICAOF, or start with --profile durable" in alone.stderr

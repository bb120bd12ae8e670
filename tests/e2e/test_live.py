"""The files of `poplin up` are live: what an edit does, and what it must not cost."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest
from redis import Redis

from poplin.log import Keys
from tests.fabric import Fabric, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.waiting import until

PATIENT = "{retry: 100, backoffPolicy: linear, backoffDelay: PT0.2S}"


async def _triggers(fabric: Fabric) -> dict[str, dict[str, object]]:
    async with httpx.AsyncClient(trust_env=False) as client:
        found = (await client.get(f"{fabric.admin_url}/triggers")).json()["items"]
    return {each["name"]: each for each in found}


async def _has_dead(fabric: Fabric, count: int) -> bool:
    return (await _triggers(fabric))["dead"]["dead"] == count


def _serves_nothing(lines: list[str]) -> bool:
    return any("dispatching" in line and "triggers=0" in line for line in lines)


def _in_flight(folder: Path, uid: str) -> bool:
    with Redis(unix_socket_path=f"{folder}/data/store/store.sock") as redis:
        return bool(redis.zcount(Keys("default/main").due(uid), "-inf", "(0"))


def save(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def remove(file: Path) -> None:
    file.unlink()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "fabric.yaml"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Redis]:
    with Redis(unix_socket_path=f"{tmp_path}/data/store/store.sock") as client:
        yield client


def _keys(store: Redis) -> set[str]:
    found: list[bytes] = list(store.scan_iter("*"))
    return {key.decode() for key in found}


async def test_an_edit_keeps_uid_and_backlog_and_is_told(tmp_path: Path, file: Path) -> None:
    """Also when the trigger moves to another file. Saves in a row are one edit."""
    async with subscriber() as peer:
        peer.answer = lambda request: (503 if request.path == "/old" else 202, "", b"")
        old = broker_yaml(PATIENT) + trigger_yaml("t", f"{peer.url}/old")
        save(
            tmp_path / "more" / "other.yaml",
            trigger_yaml("other", f"{peer.url}/x", kind="test.other"),
        )
        async with Fabric.up(tmp_path, old, "-f", str(tmp_path / "more")) as fabric:
            await fabric.post("/default/main", event_headers("1"))
            await peer.wait_for(1)
            before = await _triggers(fabric)
            save(file, broker_yaml(PATIENT))
            save(tmp_path / "more" / "t.yaml", trigger_yaml("t", f"{peer.url}/new"))
            await fabric.says("trigger default/t changed")
            await until(lambda: any(each.path == "/new" for each in peer.received))
            after = await _triggers(fabric)
            for number in range(10):
                save(file, broker_yaml(PATIENT.replace("100", f"{number}")))
            await fabric.says("broker default/main changed")
            save(tmp_path / "more" / "last.yaml", trigger_yaml("last", peer.url))
            await fabric.says("trigger default/last added")

    assert len([line for line in fabric.lines if "broker default/main changed" in line]) < 10
    assert after["t"]["uid"] == before["t"]["uid"]
    assert after["t"]["subscriberUri"] == f"{peer.url}/new"
    assert not [line for line in fabric.lines if "removed" in line]


async def test_a_bad_edit_is_told_with_its_line_and_the_last_good_version_serves(
    tmp_path: Path, file: Path
) -> None:
    async with subscriber() as peer:
        good = broker_yaml() + trigger_yaml("t", f"{peer.url}/good")
        async with Fabric.up(tmp_path, good) as fabric:
            for number, bad in enumerate(
                ("", good + "a: [", good.replace("subscriber:", "subscribr:"))
            ):
                save(file, bad)
                said = await fabric.says("fabric.yaml")
                await fabric.says("the last good version keeps serving of")
                assert (await fabric.post("/default/main", event_headers(f"{number}"))).is_success
                await peer.wait_for(number + 1)
            save(file, good.replace("/good", "/mended"))
            await fabric.says("fabric.yaml is mended")
            await fabric.says("trigger default/t changed")
            await fabric.post("/default/main", event_headers("last"))
            await peer.wait_for(4)

    assert "fabric.yaml:10: Trigger default/t: spec.subscriber: is missing" in said
    assert [each.path for each in peer.received] == ["/good"] * 3 + ["/mended"]
    assert not [line for line in fabric.lines if "removed" in line]


async def test_what_disappears_stops_at_once_and_comes_back_with_all_it_had(
    tmp_path: Path, file: Path
) -> None:
    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        broker = broker_yaml("{retry: 1, backoffPolicy: linear, backoffDelay: PT0.01S}")
        slow = "  delivery: {retry: 600, backoffPolicy: linear, backoffDelay: PT0.1S}\n"
        both = broker + trigger_yaml("t", f"{peer.url}/t", more=slow)
        both += trigger_yaml("dead", f"{peer.url}/dead")
        async with Fabric.up(tmp_path, both) as fabric:
            for number in range(3):
                await fabric.post("/default/main", event_headers(f"{number}"))
            await until(partial(_has_dead, fabric, 3))
            before = await _triggers(fabric)
            heard = len(fabric.lines)
            save(file, broker)
            dead = await fabric.says("trigger default/dead removed")
            waiting = await fabric.says("trigger default/t removed")
            await until(lambda: _serves_nothing(fabric.lines[heard:]))
            await until(lambda: not _in_flight(tmp_path, str(before["t"]["uid"])))
            stopped = len(peer.received)
            await asyncio.sleep(0.5)
            still = len(peer.received)
            peer.answer = lambda _: (202, "", b"")
            save(file, both)
            await fabric.says("trigger default/t added")
            await peer.wait_for(still + 3)
            after = await _triggers(fabric)

    assert dead.endswith("removed; its backlog of 0 and 3 dead letters are kept for 10 minutes")
    assert waiting.endswith("removed; its backlog of 3 and 0 dead letters are kept for 10 minutes")
    assert stopped == still
    assert {name: each["uid"] for name, each in after.items()} == {
        name: each["uid"] for name, each in before.items()
    }
    assert after["dead"]["dead"] == 3


async def test_a_broker_that_returns_delivers_what_it_had_accepted(
    tmp_path: Path, file: Path
) -> None:
    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        yaml = broker_yaml(PATIENT, "poplin.dev/partitions: '2'") + trigger_yaml("t", peer.url)
        async with Fabric.up(tmp_path, yaml) as fabric:
            for number in range(4):
                await fabric.post("/default/main", event_headers(f"{number}"))
            await peer.wait_for(4)
            remove(file)
            await fabric.says("no Broker is left in")
            gone = await fabric.says("broker default/main removed")
            refused = await fabric.post("/default/main", event_headers("refused"))
            peer.received.clear()
            peer.answer = lambda _: (202, "", b"")
            save(file, yaml)
            await fabric.says("broker default/main added")
            received = await peer.wait_for(4)
            accepted = await fabric.post("/default/main", event_headers("accepted"))
            await peer.wait_for(5)
            await fabric.stop()

    assert gone.endswith("broker default/main removed; its log of 4 events is kept for 10 minutes")
    assert (refused.status_code, accepted.status_code) == (404, 202)
    assert sorted(each.headers["ce-id"] for each in received[:4]) == ["0", "1", "2", "3"]
    assert "Traceback" not in "\n".join(fabric.lines)


async def test_what_is_removed_for_good_leaves_no_key_and_its_counts(
    tmp_path: Path, file: Path, store: Redis
) -> None:
    other = broker_yaml().replace("name: main", "name: other")
    async with subscriber() as peer:
        peer.answer = lambda request: (400 if request.path == "/dead" else 503, "", b"")
        yaml = f"{other}---\n{broker_yaml(PATIENT)}" + trigger_yaml("t", f"{peer.url}/t")
        yaml += trigger_yaml("dead", f"{peer.url}/dead")
        async with Fabric.up(tmp_path, yaml, "--keep-removed", "1") as fabric:
            for number in range(3):
                await fabric.post("/default/main", event_headers(f"{number}"))
            await peer.wait_for(6)
            save(file, other)
            await fabric.says("default/main removed; its log of 3 events is kept for 1 second")
            lines = [await fabric.says("queues of a removed trigger dropped") for _ in range(2)]
            erased = await fabric.says("log of a removed broker erased")
            left = _keys(store)

    assert {line.partition("  ")[2] for line in lines} == {
        "trigger=default/t backlog=3 dead_letters=0",
        "trigger=default/dead backlog=0 dead_letters=3",
    }
    assert erased.endswith("broker=default/main events=3")
    assert not [key for key in left if "default/main" in key]

"""`poplin up` in the hands of its user."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest
from redis import Redis

from poplin.log import LEASE_S
from tests.conftest import running_store
from tests.fabric import Fabric, broker_yaml, event_headers, subscriber, trigger_yaml

ROOT = Path(__file__).parents[2]
ENDED_S = 15.0
"""Usually 5: what hangs is given five seconds."""


def poplin(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "poplin_cli.main", *arguments],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip


async def test_a_second_start_goes_on_where_the_first_was(tmp_path: Path) -> None:
    async with subscriber() as peer:
        yaml = broker_yaml("{retry: 50, backoffPolicy: linear, backoffDelay: PT0.3S}")
        yaml += trigger_yaml("t", peer.url)
        peer.answer = lambda _: (503, "", b"")
        async with Fabric.up(tmp_path, yaml) as first:
            assert (
                await first.post("/default/main", event_headers("kept"), b"data")
            ).status_code == 202
            await peer.wait_for(1)
        peer.answer = lambda _: (202, "", b"")
        peer.received.clear()

        async with Fabric.up(tmp_path, yaml):
            (received,) = await peer.wait_for(1)

    assert (received.headers["ce-id"], received.data) == ("kept", b"data")


async def test_a_hanging_subscriber_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yaml = broker_yaml() + trigger_yaml("t", f"http://127.0.0.1:{silent.getsockname()[1]}/")
        async with Fabric.up(tmp_path, yaml) as first:
            await first.post("/default/main", event_headers("kept"))
            began = time.monotonic()
            await first.stop()
            ended_s = time.monotonic() - began
    async with (
        subscriber() as peer,
        Fabric.up(tmp_path, broker_yaml() + trigger_yaml("t", peer.url)),
    ):
        began = time.monotonic()
        await peer.wait_for(1)
        again_s = time.monotonic() - began

    assert ended_s < ENDED_S
    assert again_s < LEASE_S / 2, "the lease was not given back"


async def test_the_table_says_what_is_ready_and_bad_documents_stop_nothing(tmp_path: Path) -> None:
    yaml = (
        broker_yaml()
        + trigger_yaml("good", "http://127.0.0.1:1/")
        + trigger_yaml("bad", "/relative")
    )
    yaml += trigger_yaml("orphan", "http://127.0.0.1:1/").replace("broker: main", "broker: absent")

    async with Fabric.up(tmp_path, yaml) as fabric:
        accepted = await fabric.post("/default/main", event_headers("1"))
        began = time.monotonic()
        await fabric.stop()
        ended_s = time.monotonic() - began

    text = "\n".join(fabric.lines)
    assert accepted.status_code == 202
    assert "Trigger default/bad: spec.subscriber.uri: '/relative' is not allowed" in text
    assert "BrokerDoesNotExist" in text
    assert ended_s < ENDED_S
    assert "Traceback" not in text
    assert fabric.process.returncode == 0


async def test_a_data_dir_serves_one_fabric_at_a_time(tmp_path: Path) -> None:
    async with Fabric.up(tmp_path, broker_yaml()):
        second = await asyncio.to_thread(
            poplin, "up", "-f", str(tmp_path / "fabric.yaml"), "--data-dir", str(tmp_path / "data"),
            "--port", "0", "--admin-port", "0",
        )  # fmt: skip

    assert second.returncode == 2
    assert "is in use by another fabric" in second.stderr


async def test_a_data_dir_may_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

    async with Fabric.up(tmp_path, broker_yaml(), "--data-dir", "here") as fabric:
        answer = await fabric.post("/default/main", event_headers("1"))

    assert answer.status_code == 202
    assert (tmp_path / "here" / "store").is_dir()


async def test_the_token_of_the_management_api_is_demanded_and_not_shown(tmp_path: Path) -> None:
    """Arguments of a process are for everybody on the machine to read."""
    token = "for-a-test"  # noqa: S105
    async with Fabric.up(tmp_path, broker_yaml(), "--admin-token", token) as fabric:
        (console,) = (
            each
            for each in psutil.Process(fabric.process.pid).children()
            if "console" in each.cmdline()
        )
        arguments = " ".join(console.cmdline())
        async with httpx.AsyncClient(base_url=fabric.admin_url, trust_env=False) as client:
            without = await client.get("/brokers")
            known = await client.get("/brokers", headers={"authorization": f"Bearer {token}"})

    assert (without.status_code, known.status_code) == (401, 200)
    assert token not in arguments
    assert not any(token in line for line in fabric.lines)


def test_a_start_without_a_broker_is_one_clear_line(tmp_path: Path) -> None:
    ended = poplin(
        "up",
        "-f",
        str(tmp_path / "absent.yaml"),
        "--data-dir",
        str(tmp_path / "data"),
        "--port",
        "0",
        "--admin-port",
        "0",
    )

    assert ended.returncode == 2
    assert "no usable Broker" in ended.stderr
    assert "cannot be read" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


@pytest.mark.parametrize("option", ["--port", "--admin-port"])
def test_a_port_in_use_is_named_once_with_its_option(tmp_path: Path, option: str) -> None:
    (tmp_path / "f.yaml").write_text(broker_yaml())
    other = {"--port": "--admin-port", "--admin-port": "--port"}[option]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = poplin("up", "-f", str(tmp_path / "f.yaml"), option, port, other, "0")

    said = f"poplin: {option} {port} on 127.0.0.1: Address already in use; name a free port\n"
    assert (ended.returncode, ended.stderr) == (2, said)


def test_a_store_that_contradicts_the_profile_is_refused(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(broker_yaml())
    with running_store(tmp_path / "store") as url:
        Redis.from_url(url).config_set("appendfsync", "no")
        ended = poplin(
            "up", "-f", str(tmp_path / "f.yaml"), "--redis", url, "--port", "0", "--admin-port", "0"
        )

    assert ended.returncode == 2
    assert "CONFIG SET appendfsync always" in ended.stderr


@pytest.mark.parametrize("service", ["ingress", "dispatcher"])
def test_a_service_alone_refuses_such_a_store_too(tmp_path: Path, service: str) -> None:
    with running_store(tmp_path / "store") as url:
        Redis.from_url(url).config_set("appendonly", "no")
        port = ("--port", "0") if service == "ingress" else ()
        ended = poplin(service, "--redis", url, *port)

    assert ended.returncode == 2
    assert "CONFIG SET appendonly yes" in ended.stderr


async def test_two_dispatchers_share_a_partition_without_duplicates(tmp_path: Path) -> None:
    async with (
        subscriber() as peer,
        Fabric.up(tmp_path, broker_yaml() + trigger_yaml("t", peer.url)) as fabric,
    ):
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "poplin_cli.main", "dispatcher",
            "--redis", f"unix://{tmp_path}/data/store/store.sock", stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert other.stdout is not None
        assert b"dispatching" in await asyncio.wait_for(other.stdout.readline(), 10)
        for number in range(100):
            await fabric.post("/default/main", event_headers(f"e{number}"))
        await peer.wait_for(100)
        other.terminate()
        await other.wait()

    assert sorted(each.headers["ce-id"] for each in peer.received) == sorted(
        f"e{n}" for n in range(100)
    )


def test_the_demo_succeeds() -> None:
    ended = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "01-quickstart" / "demo.py")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout + ended.stderr
    for step in ("accepted", "matched", "delivered", "retried", "dead letter", "refused"):
        assert step in ended.stdout


async def test_a_refused_trigger_is_shown_with_its_reason_and_the_rest_serves(
    tmp_path: Path,
) -> None:
    async with subscriber() as peer:
        bad = trigger_yaml("bad", peer.url + "/bad").replace(
            "filter: {attributes: {type: test.wanted}}",
            "filters: [{cesql: \"type = 'test.wanted' AND\"}]",
        )
        yaml = broker_yaml() + trigger_yaml("good", peer.url + "/good") + bad
        async with Fabric.up(tmp_path, yaml) as fabric:
            await fabric.post("/default/main", event_headers("1"))
            (received,) = await peer.wait_for(1)
            async with httpx.AsyncClient(trust_env=False) as client:
                triggers = (await client.get(f"{fabric.admin_url}/triggers")).json()["items"]
            await fabric.stop()

    assert received.path == "/good"
    ready = {each["name"]: each["status"]["conditions"][0] for each in triggers}
    assert (ready["good"]["status"], ready["bad"]["status"]) == ("True", "False")
    assert ready["bad"]["reason"] == "Invalid"
    assert ready["bad"]["message"].startswith("spec.filters[0].cesql: line 1, column 25: expected")
    (row,) = [line for line in fabric.lines if line.startswith("Trigger  default/bad")]
    assert "False Invalid: spec.filters[0].cesql: line 1, column 25" in " ".join(row.split())


async def test_an_option_says_where_a_service_listens_and_a_later_start_counts_the_spec(
    tmp_path: Path,
) -> None:
    ref = "{ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: orders}}"
    yaml = broker_yaml() + trigger_yaml("t", "http://x/").replace("{uri: 'http://x/'}", ref)
    assert ref in yaml
    async with subscriber() as peer:
        resolve = ("--resolve", f"default/orders={peer.url}/orders")
        async with Fabric.up(tmp_path, yaml, *resolve) as fabric:
            await fabric.post("/default/main", event_headers("1"))
            (received,) = await peer.wait_for(1)
        changed = yaml.replace("test.wanted", "test.other")
        async with (
            Fabric.up(tmp_path, changed, *resolve) as again,
            httpx.AsyncClient(trust_env=False) as client,
        ):
            found = (await client.get(f"{again.admin_url}/triggers/default/t")).json()

    assert received.path == "/orders"
    assert found["status"]["subscriberUri"] == f"{peer.url}/orders"
    assert found["status"]["observedGeneration"] == 2

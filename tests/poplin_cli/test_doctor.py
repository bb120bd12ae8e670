"""`poplin doctor`: what is wrong is found, named and told how to mend."""

import asyncio
import json
import os
import resource
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from redis import Redis as SyncRedis
from redis.asyncio import Redis
from typer.testing import CliRunner

from poplin.catalog import Condition, write_sources
from poplin_cli.doctor.ports import check_port
from poplin_cli.doctor.store import check_store
from poplin_cli.main import app
from tests.conftest import running_store
from tests.console.helpers import a_source
from tests.console.server import Console
from tests.fabric import Fabric, broker_yaml, trigger_yaml
from tests.waiting import until

NOWHERE = "http://127.0.0.1:1"


def doctor(folder: Path, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the findings by check; the last one where a check has several."""
    ended = CliRunner().invoke(
        app,
        ["doctor", "--data-dir", str(folder / "data"), "--api", NOWHERE, "-o", "json", *arguments],
    )
    assert ended.exit_code in (0, 1), ended.output
    return ended.exit_code, {each["check"]: each for each in json.loads(ended.stdout)}


def free_ports() -> tuple[str, ...]:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("::1", 0), family=socket.AF_INET6) as two,
        socket.create_server(("127.0.0.1", 0)) as three,
    ):
        ports = [str(each.getsockname()[1]) for each in (one, two, three)]
    return "--port", ports[0], "--admin-port", ports[1], "--webhook-port", ports[2]


def test_a_machine_that_is_fit_passes_before_the_first_start(tmp_path: Path) -> None:
    code, found = doctor(tmp_path, *free_ports())

    assert code == 0
    assert {each["verdict"] for each in found.values()} <= {"ok", "warn"}
    assert found["store"]["found"].startswith("embedded: ")
    assert "is made by the first start" in found["data folder"]["found"]
    assert found["fabric"]["found"] == f"none runs at {NOWHERE}"
    assert not (tmp_path / "data").exists(), "doctor made the folder"


async def test_a_fabric_that_runs_is_found_and_what_is_not_ready_in_it(tmp_path: Path) -> None:
    yaml = broker_yaml() + trigger_yaml("bad", "/relative")
    async with Fabric.up(tmp_path, yaml) as fabric, httpx.AsyncClient(trust_env=False) as client:

        async def is_dispatching() -> bool:
            return (
                "poplin_dispatchers 1.0" in (await client.get(f"{fabric.admin_url}/metrics")).text
            )

        await until(is_dispatching)
        ports = [url.rpartition(":")[2] for url in (fabric.url, fabric.admin_url)]
        code, found = await asyncio.to_thread(
            doctor,
            tmp_path,
            "--api",
            fabric.admin_url,
            "--port",
            ports[0],
            "--admin-port",
            ports[1],
        )

    assert code == 0
    assert found["ingress"]["found"] == f"Poplin answers at {fabric.url}: ready"
    assert found["admin port"]["found"] == f"Poplin answers at {fabric.admin_url}: ok"
    assert "is in use by a running fabric" in found["data folder"]["found"]
    assert "store.sock" in found["store"]["found"]
    assert found["profile"]["verdict"] == "ok"
    assert found["dispatchers"]["found"].startswith("1 alive; 1 brokers and ")
    assert found["trigger"]["verdict"] == "warn"
    assert found["trigger"]["found"] == "default/bad is not Ready: Invalid"


def test_a_store_of_another_profile_fails_with_the_line_to_change(tmp_path: Path) -> None:
    with running_store(tmp_path / "store") as url:
        SyncRedis.from_url(url).config_set("appendfsync", "everysec")
        code, found = doctor(tmp_path, "--redis", url, *free_ports())
        as_fast, _ = doctor(tmp_path, "--redis", url, "--profile", "fast", *free_ports())

    assert (code, as_fast) == (1, 0)
    assert found["profile"]["verdict"] == "fail"
    assert "CONFIG SET appendfsync always" in found["profile"]["found"]
    assert found["store write"]["verdict"] == "ok", "the checks behind a failed one are made too"


def test_a_store_without_maxmemory_or_nearly_full_is_told(tmp_path: Path) -> None:
    told = []
    with running_store(tmp_path / "store") as url, SyncRedis.from_url(url) as redis:
        # Beside it what our connections take is little.
        redis.eval("redis.call('SET', 'ballast', string.rep('x', 32e6))", 0)
        used = redis.info("memory")["used_memory"]
        for most in (0, int(used / 0.88), int(used / 0.97), used // 2, 100 * used):
            redis.config_set("maxmemory", most)
            _, found = doctor(tmp_path, "--redis", url)
            told.append((found["memory"]["verdict"], found["store write"]["verdict"]))

    assert told == [
        ("warn", "ok"), ("warn", "ok"), ("fail", "ok"), ("fail", "fail"), ("ok", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("redis://127.0.0.1:1", "redis://127.0.0.1:1: the store does not answer"),
        ("http://127.0.0.1", "--redis 'http://127.0.0.1'"),
    ],
)
async def test_a_store_that_does_not_answer_is_one_finding(url: str, said: str) -> None:
    (finding,) = await check_store(url, "durable", replicas=1, trust=False)

    assert finding.verdict == "fail"
    assert said in finding.found


def test_files_are_checked(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(broker_yaml().replace("retry: 2", "retry: -1"))

    code, found = doctor(tmp_path, "-f", str(tmp_path / "f.yaml"), *free_ports())

    assert code == 1
    assert "no usable Broker" in found["files"]["found"]


def test_a_data_folder_of_another_version_fails(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "format").write_text("99\n")

    code, found = doctor(tmp_path, *free_ports())

    assert (code, found["data folder"]["verdict"]) == (1, "fail")
    assert "has format '99'" in found["data folder"]["found"]


async def test_sources_that_are_not_ready_are_told(
    redis: Redis, console: Console, tmp_path: Path
) -> None:
    missing = (Condition("Ready", "False", "SecretNotFound", "Secret default/hub is not there"),)
    await write_sources(redis, [a_source("fine"), a_source("hub", conditions=missing)])

    code, found = await asyncio.to_thread(doctor, tmp_path, "--api", console.url, *free_ports())

    assert code == 0
    assert found["fabric"]["found"] == f"0 brokers, 0 triggers and 2 sources at {console.url}"
    assert found["source"] == {
        "check": "source",
        "verdict": "warn",
        "found": "default/hub is not Ready: SecretNotFound",
        "nextStep": "Secret default/hub is not there",
    }


async def test_a_fabric_without_sources_needs_no_webhook_port(
    redis: Redis,  # noqa: ARG001 - empties the store
    console: Console,
    tmp_path: Path,
) -> None:
    _, found = await asyncio.to_thread(doctor, tmp_path, "--api", console.url, *free_ports())

    assert "webhooks" not in found


def test_a_webhook_port_that_something_else_has_is_a_warning(
    stranger: ThreadingHTTPServer, tmp_path: Path
) -> None:
    """A fabric without sources leaves the port free."""
    taken = ("--webhook-port", str(stranger.server_address[1]))

    _, free = doctor(tmp_path, *free_ports())
    code, found = doctor(tmp_path, *free_ports()[:4], *taken)

    assert free["webhooks"]["verdict"] == "ok"
    assert (code, found["webhooks"]["verdict"]) == (0, "warn")
    assert "is not ready: no catalog" in found["webhooks"]["found"]


_ANSWERS = {
    "/readyz": (503, b'{"status": "not ready", "reason": "no catalog"}'),
    "/receiver": (200, b'{"status": 200, "detail": "ok"}'),
    "/receiver-starts": (503, b'{"status": 503, "detail": "the files have not been read yet"}'),
}


@pytest.fixture
def stranger() -> Iterator[ThreadingHTTPServer]:
    class Other(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = _ANSWERS.get(self.path, (200, b"hello"))
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Other)
    Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/livez", "in use by something that is not Poplin"),
        ("/readyz", "is not ready: no catalog"),
        ("/receiver-starts", "is not ready: the files have not been read yet"),
    ],
)
def test_a_port_that_something_else_has_fails(
    stranger: ThreadingHTTPServer, path: str, said: str
) -> None:
    port = stranger.server_address[1]

    finding = check_port("ingress", "127.0.0.1", port, option="--port", path=path)

    assert finding.verdict == "fail"
    assert said in finding.found


def test_a_receiver_of_webhooks_answers_in_its_own_way(stranger: ThreadingHTTPServer) -> None:
    port = stranger.server_address[1]

    finding = check_port("webhooks", "127.0.0.1", port, option="--webhook-port", path="/receiver")

    assert (finding.verdict, finding.found[-2:]) == ("ok", "ok")


def test_few_files_are_a_failure(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    pid = os.fork()
    if pid == 0:
        resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))
        code, found = doctor(tmp_path, *free_ports())
        os._exit(0 if (code, found["open files"]["verdict"]) == (1, "fail") else 1)
    _, status = os.waitpid(pid, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert resource.getrlimit(resource.RLIMIT_NOFILE) == before


def test_people_get_a_line_a_check(tmp_path: Path) -> None:
    where = ("--data-dir", str(tmp_path), "--api", NOWHERE, "--redis", "redis://127.0.0.1:1")
    ended = CliRunner().invoke(app, ["doctor", *where, *free_ports()])

    assert ended.exit_code == 1
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("fail")]
    assert line.startswith("fail  store       redis://127.0.0.1:1: the store does not answer")
    assert line.endswith("→ start it, or mend --redis")


def test_the_management_api_is_looked_for_at_its_own_host(tmp_path: Path) -> None:
    ingress, port = free_ports()[1], free_ports()[1]
    with socket.create_server(("127.0.0.2", int(port))):
        ports = ("--port", ingress, "--admin-port", port)
        _, beside = doctor(tmp_path, *ports)
        _, there = doctor(tmp_path, *ports, "--admin-host", "127.0.0.2")

    assert beside["admin port"]["found"] == f"http://127.0.0.1:{port} is free"
    assert there["admin port"]["verdict"] == "fail"
    assert f"http://127.0.0.2:{port} is in use" in there["admin port"]["found"]
    assert there["ingress"]["verdict"] == "ok"

"""Webhooks in a whole fabric: what a provider posts arrives at the subscriber."""

import asyncio
import hashlib
import hmac
import json
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from redis import Redis

from poplin.catalog import read_sources
from poplin.store import LeanRedis, connect
from tests.conftest import REDIS, running_store
from tests.fabric import Fabric, Subscriber, broker_yaml, subscriber, trigger_yaml
from tests.waiting import until

SECRET = "It's a Secret to Everybody"  # noqa: S105
PUSH = json.dumps(
    {"ref": "refs/heads/main", "repository": {"full_name": "octo/hello"}}, indent=1
).encode()
PUSH_TYPE = "dev.knative.source.github.push"
SECRET_YAML = (
    "---\napiVersion: v1\nkind: Secret\nmetadata: {name: hub}\n"
    f'stringData: {{secret: "{SECRET}"}}\n'
)
TO_BROKER = "ref: {apiVersion: eventing.knative.dev/v1, kind: Broker, name: main}"

TIMER_YAML = (
    "apiVersion: sources.knative.dev/v1\nkind: PingSource\nmetadata: {{name: nightly}}\n"
    "spec:\n  schedule: '0 3 * * *'\n  sink: {{uri: '{url}'}}\n"
)


def source_yaml(name: str = "hub", *, sink: str = TO_BROKER, signed_by: str = "hub") -> str:
    return (
        "---\napiVersion: sources.knative.dev/v1alpha1\nkind: GitHubSource\n"
        f"metadata: {{name: {name}}}\nspec:\n  ownerAndRepository: octo/hello\n"
        f"  eventTypes: [push]\n  secretToken: {{secretKeyRef: {{name: {signed_by}, key: secret}}}}\n"
        f"  sink: {{{sink}}}\n"
    )


async def deliver(
    url: str, *, delivery: str = "d1", key: str = SECRET, body: bytes = PUSH
) -> httpx.Response:
    """As GitHub does."""
    signature = hmac.new(key.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "x-github-event": "push",
        "x-github-delivery": delivery,
        "x-hub-signature-256": f"sha256={signature}",
        "content-type": "application/json",
    }
    async with httpx.AsyncClient(trust_env=False, timeout=20) as client:
        return await client.post(url, content=body, headers=headers)


def receiver_url(fabric: Fabric) -> str:
    return next(line.rpartition("url=")[2] for line in fabric.lines if "webhook receiver" in line)


def up_yaml(peer: Subscriber) -> str:
    return broker_yaml() + trigger_yaml("t", peer.url, kind=PUSH_TYPE) + SECRET_YAML


async def test_a_signed_webhook_reaches_the_subscriber_and_no_other_does(tmp_path: Path) -> None:
    async with subscriber() as peer:
        yaml = up_yaml(peer) + source_yaml() + source_yaml("bare", signed_by="absent")
        async with Fabric.up(tmp_path, yaml, "--webhook-port", "0") as fabric:
            url = receiver_url(fabric)
            answers = [
                await deliver(f"{url}/default/hub"),
                await deliver(f"{url}/default/hub", key="wrong"),
                await deliver(f"{url}/default/bare"),
                await deliver(f"{url}/default/absent"),
            ]
            (received,) = await peer.wait_for(1)
            store = connect(f"unix://{tmp_path}/data/store/store.sock")
            await until(lambda: _is_shown_received(store))
            await store.aclose()
            await fabric.stop()

    assert [each.status_code for each in answers] == [202, 401, 503, 404]
    assert (received.headers["ce-id"], received.headers["ce-type"]) == ("d1", PUSH_TYPE)
    assert received.headers["ce-source"] == "https://github.com/octo/hello"
    assert received.data == PUSH
    rows = [" ".join(line.split()) for line in fabric.lines if line.startswith("GitHubSource")]
    assert rows[0].startswith(f"GitHubSource default/hub {url}/default/hub → {fabric.url}")
    assert rows[0].endswith(" True")
    assert " False SecretTokenNotFound: Secret default/absent" in rows[1]
    assert not any(SECRET in line for line in fabric.lines)
    assert not any("Traceback" in line for line in fabric.lines)


async def _is_shown_received(store: LeanRedis) -> bool:
    seen = await read_sources(store)
    status = seen.statuses["GitHubSource/default/hub"]
    return seen.is_alive and status.ready and status.condition("DeliveryReceived").status == "True"


async def test_the_first_source_may_come_by_an_edit_and_each_edit_is_told(tmp_path: Path) -> None:
    async with subscriber() as peer:
        yaml, file = up_yaml(peer), tmp_path / "fabric.yaml"
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            async with Fabric.up(tmp_path, yaml, "--webhook-port", str(port)) as fabric:
                before = _services(fabric)
                file.write_text(yaml + source_yaml())
                in_use = await fabric.says("no webhook is received")
                await fabric.says("GitHubSource default/hub added")
                taken.close()

                file.write_text(yaml + source_yaml() + source_yaml("two"))
                await fabric.says("GitHubSource default/two added")
                await fabric.says("listening")
                url = f"http://127.0.0.1:{port}/default"
                accepted = await deliver(f"{url}/two")
                (received,) = await peer.wait_for(1)
                file.write_text(yaml + source_yaml(signed_by="absent") + source_yaml("two"))
                await fabric.says(
                    "GitHubSource default/hub changed, not ready: SecretTokenNotFound"
                )
                await until(lambda: _is_answered(f"{url}/hub", 503))
                file.write_text(yaml)
                await fabric.says("GitHubSource default/two removed")
                await until(lambda: _is_answered(f"{url}/two", 404))
                after = _services(fabric)

    assert f"--webhook-port {port} on 127.0.0.1: Address already in use" in in_use
    assert (accepted.status_code, received.headers["ce-id"]) == (202, "d1")
    assert before.items() <= after.items()
    assert after.keys() - before.keys() == {"sources"}


async def _is_answered(url: str, status: int) -> bool:
    return (await deliver(url)).status_code == status


def _services(fabric: Fabric) -> dict[str, int]:
    """The pid of each process, by what it is."""
    names = {"ingress", "dispatcher", "console", "sources"}
    found = {}
    for each in psutil.Process(fabric.process.pid).children():
        name = (names & set(each.cmdline())) or {"store"}
        found[name.pop()] = each.pid
    return found


async def test_sources_with_a_sink_of_their_own_need_no_broker(tmp_path: Path) -> None:
    async with subscriber() as peer:
        yaml = SECRET_YAML + source_yaml(sink=f"uri: '{peer.url}/sink'")
        async with Fabric.up(tmp_path, yaml, "--webhook-port", "0") as fabric:
            answer = await deliver(f"{receiver_url(fabric)}/default/hub")
            (received,) = peer.received

    assert (answer.status_code, received.path) == (202, "/sink")


async def test_timers_do_not_wait_for_the_port_of_webhooks(tmp_path: Path) -> None:
    """Nor does the way to a cluster get lost on the way to the process that watches it."""
    config = tmp_path / "kubeconfig"
    config.write_text("{}")
    kube = ("--kubeconfig", str(config), "--kube-context", "staging")
    async with subscriber() as peer:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            yaml = TIMER_YAML.format(url=peer.url)
            async with Fabric.up(tmp_path, yaml, "--webhook-port", str(port), *kube) as fabric:
                told = next(line for line in fabric.lines if "webhooks would be" in line)
                sources = psutil.Process(_services(fabric)["sources"])
                arguments = " ".join(sources.cmdline())
                async with httpx.AsyncClient(trust_env=False) as client:
                    answer = await client.get(f"{receiver_url(fabric)}/readyz")

    assert f"--webhook-port {port} on 127.0.0.1: Address already in use" in told
    assert answer.status_code == 200
    assert " ".join(kube) in arguments


async def test_the_ingress_ends_after_the_webhooks_under_way(tmp_path: Path) -> None:
    """They are on their way to it."""
    async with subscriber() as peer:
        came, may_answer = asyncio.Event(), asyncio.Event()

        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            came.set()
            await may_answer.wait()
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        sink = f"uri: 'http://127.0.0.1:{server.sockets[0].getsockname()[1]}/'"
        yaml = up_yaml(peer) + source_yaml(sink=sink)
        async with Fabric.up(tmp_path, yaml, "--webhook-port", "0") as fabric:
            url = receiver_url(fabric)
            delivering = asyncio.create_task(deliver(f"{url}/default/hub"))
            await came.wait()
            fabric.process.terminate()
            await fabric.says("stopping")
            await asyncio.sleep(0.5)  # long enough for an ingress to end
            still_there = _services(fabric).keys()
            may_answer.set()
            answer = await delivering
            await fabric.stop()
        server.close()

    assert still_there == {"store", "ingress", "dispatcher", "console", "sources"}
    assert answer.status_code == 202


@asynccontextmanager
async def sources_alone(
    file: Path, redis: str = "redis://127.0.0.1:1"
) -> AsyncIterator[asyncio.subprocess.Process]:
    """`poplin sources`; its store is away, or another."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "poplin_cli.main", "sources", "--redis", redis, "-f", str(file),
        "--webhook-port", "0",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def _listening_at(process: asyncio.subprocess.Process) -> str:
    return (await _line(process, "url=")).rpartition("url=")[2].strip()


async def _line(process: asyncio.subprocess.Process, text: str) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(20):
        async for line in process.stdout:
            if text in line.decode():
                return line.decode()
    raise AssertionError(f"it ended before {text!r}")


async def test_webhooks_need_no_store(tmp_path: Path) -> None:
    async with subscriber() as peer:
        file = tmp_path / "f.yaml"
        file.write_text(SECRET_YAML + source_yaml(sink=f"uri: '{peer.url}'"))
        async with sources_alone(file) as process:
            url = await _listening_at(process)
            await until(lambda: _is_answered(f"{url}/default/hub", 202))
            began = time.monotonic()
            process.terminate()
            async with asyncio.timeout(10):
                await process.wait()
            seconds = time.monotonic() - began

    assert process.returncode == 0
    assert seconds < 10  # as it promises; usually one


async def test_who_serves_sources_alone_is_told_which_are_not_ready(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_text(source_yaml(sink="uri: 'http://127.0.0.1:1/'"))
    async with sources_alone(file) as process:
        missing = await _line(process, "GitHubSource default/hub added")
        file.write_text(file.read_text() + SECRET_YAML)
        mended = await _line(process, "GitHubSource default/hub changed")

    assert "not ready: SecretTokenNotFound: Secret default/hub is not in the files" in missing
    assert "not ready" not in mended


@pytest.fixture
def locked_store(tmp_path: Path) -> Iterator[str]:
    """One whose password is not in its URL."""
    with running_store(tmp_path / "store", REDIS) as url:
        with Redis.from_url(url) as redis:
            redis.config_set("requirepass", "new")
        yield url


async def test_a_store_that_demands_another_password_refuses_no_webhook(
    tmp_path: Path, locked_store: str
) -> None:
    async with subscriber() as peer:
        file = tmp_path / "f.yaml"
        file.write_text(SECRET_YAML + source_yaml(sink=f"uri: '{peer.url}'"))
        async with sources_alone(file, locked_store) as process:
            url = await _listening_at(process)
            said = await _line(process, "hooks at GitHub are not kept for now")
            answer = await deliver(f"{url}/default/hub")

    assert answer.status_code == 202
    assert "check the user and password in --redis" in said


async def test_who_ends_the_service_loses_no_webhook_under_way(tmp_path: Path) -> None:
    """The sink takes nothing before the signal, and the answer is a 202."""
    came, may_answer = asyncio.Event(), asyncio.Event()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        came.set()
        if may_answer.is_set():
            writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    sink = f"uri: 'http://127.0.0.1:{server.sockets[0].getsockname()[1]}/'"
    file = tmp_path / "f.yaml"
    file.write_text(SECRET_YAML + source_yaml(sink=sink))
    async with server, sources_alone(file) as process:
        url = await _listening_at(process)
        await until(lambda: _is_ready(url))
        delivering = asyncio.create_task(deliver(f"{url}/default/hub"))
        await came.wait()
        process.terminate()
        await until(lambda: _is_closed(url))
        may_answer.set()
        answer = await delivering
        async with asyncio.timeout(10):
            await process.wait()

    assert (answer.status_code, process.returncode) == (202, 0)


async def _is_ready(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{url}/readyz")).status_code == 200


async def _is_closed(url: str) -> bool:
    try:
        return not await _is_ready(url)
    except httpx.TransportError:
        return True

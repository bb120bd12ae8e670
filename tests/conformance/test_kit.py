"""The kit on Poplin, and on a server that accepts everything and delivers nothing."""

import asyncio
import json
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

import httpx
import pytest
from aiohttp import web

from tests.conformance import checks
from tests.conformance.callbacks import Answer, Callbacks, Received, Receiver
from tests.conformance.checks.observing import samples
from tests.conformance.command import EndedError, running
from tests.conformance.ingress import Ingress
from tests.conformance.kit import CHECKS, Check, DiffersError, Kit, Result, Run
from tests.conformance.readiness import find_unready
from tests.conformance.resources import Resources
from tests.conformance.runner import declare, run_all

DIFFERENCES = {48, 67, 75, 76}
"""docs/compatibility.md states them."""
SKIPPED = {72}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


async def test_poplin_keeps_the_contract(tmp_path: Path) -> None:
    ingress, callbacks = _free_port(), _free_port()
    yaml, results = tmp_path / "yaml", tmp_path / "results.json"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.conformance", f"http://127.0.0.1:{ingress}",
        "--callback-port", str(callbacks), "--folder", str(yaml), "--json", str(results), "--",
        sys.executable, "-m", "poplin_cli.main", "up", "-f", str(yaml), "--port", str(ingress),
        "--admin-port", "0", "--data-dir", str(tmp_path / "data"),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip

    async with asyncio.timeout(150):
        status = await process.wait()

    found = json.loads(results.read_text())
    failed = [
        (each["number"], each["title"], each["detail"])
        for each in found
        if each["verdict"] == "fail"
    ]
    assert failed == []
    assert status == 0
    assert {each["number"] for each in found} == set(range(37, 94))
    assert {each["number"] for each in found if each["verdict"] == "differs"} == DIFFERENCES
    assert {each["number"] for each in found if each["verdict"] == "skipped"} == SKIPPED


async def _accept(_request: web.Request) -> web.Response:
    return web.Response(status=202)


@asynccontextmanager
async def _serving(
    handler: Callable[[web.Request], Awaitable[web.Response]] = _accept,
) -> AsyncIterator[str]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _run(url: str, chosen: list[Check], *, unready: Collection[str] = ()) -> list[Result]:
    async def settle() -> None:
        raise TimeoutError

    async with httpx.AsyncClient(trust_env=False) as client:
        ingress, callbacks = Ingress(client, url, "n"), Callbacks("127.0.0.1", 0)
        declared = declare(chosen, ingress, callbacks, Resources("n", None))
        return await run_all(declared, unready=unready, settle=settle)


async def test_a_server_that_accepts_everything_fails() -> None:
    checks.load()
    refusals = [
        check
        for check in CHECKS
        if check.number in (42, 43, 45, 46, 47, 48, 51) and "batch" not in check.title
    ]

    async with _serving() as url:
        results = await _run(url, refusals)

    assert [each.verdict for each in results] == ["fail"] * 7


async def test_what_an_implementation_may_do_is_told_and_no_failure() -> None:
    checks.load()

    async with _serving() as url:
        (result,) = await _run(url, [check for check in CHECKS if check.number == 38])

    assert (result.verdict, result.detail) == ("pass", "MAY: answered 202")


def _check(run: Run) -> Check:
    def declare(kit: Kit) -> Run:
        kit.broker()
        return run

    return Check(1, "MUST", "a check", declare)


async def test_a_surprise_and_an_unready_broker_fail_one_check_only() -> None:
    async def surprised() -> None:
        raise KeyError("odd")

    async def passes() -> None:
        pass

    results = await _run(
        "http://127.0.0.1:9", [_check(surprised), _check(passes), _check(passes)],
        unready={"item-1-3-1"},
    )  # fmt: skip

    assert [(each.verdict, each.detail) for each in results] == [
        ("fail", "the check ended with KeyError('odd')"),
        ("pass", ""),
        ("fail", "broker item-1-3-1 did not become ready"),
    ]


@pytest.mark.parametrize("end", [None, DiffersError("so it is")])
async def test_what_comes_late_fails_a_check_that_had_ended(end: Exception | None) -> None:
    def declare(kit: Kit) -> Run:
        receiver = kit.receiver()

        async def run() -> None:
            kit.received_only(receiver)
            receiver.take(Received({"ce-id": "late"}, b"", 0.0))
            if end is not None:
                raise end

        return run

    (result,) = await _run("http://127.0.0.1:9", [Check(1, "MUST", "a check", declare)])

    assert result.verdict == "fail"
    assert "later: expected item-1-1-1 to receive []; saw ['late']" in result.detail


async def test_a_command_that_ends_early_ends_the_wait() -> None:
    async with running([sys.executable, "-c", "raise SystemExit(3)"]) as command:
        with pytest.raises(EndedError, match="code 3"):
            await command.outlives(asyncio.sleep(60))


async def test_brokers_that_deliver_nothing_are_unready() -> None:
    async with _serving() as url, httpx.AsyncClient(trust_env=False) as client:
        ready = Callbacks("127.0.0.1", 0).receiver("ready", takes_probes=True)
        unready = await find_unready(Ingress(client, url, "n"), ["a", "b"], ready, 0.2)

    assert unready == {"a", "b"}


def test_samples_are_those_whose_labels_name_the_broker() -> None:
    page = """# TYPE accepted counter
accepted_total{broker="b-1",namespace="n"} 3
accepted_total{broker="b-12",namespace="n"} 4
sent_count{destination="broker:b-1.n"} 5.5
up 1
"""

    assert samples(page, "b-1") == {
        'accepted_total{broker="b-1",namespace="n"}': 3.0,
        'sent_count{destination="broker:b-1.n"}': 5.5,
    }


@pytest.mark.parametrize(("ends", "seen"), [("closed", "EOF"), ("reset", "reset")])
async def test_a_connection_ends_as_it_is_said_to(
    ends: Literal["closed", "reset"], seen: str
) -> None:
    port = _free_port()
    callbacks = Callbacks("127.0.0.1", port)
    callbacks.receiver("hook").answer = lambda _received, _attempt: Answer(ends=ends)

    async with callbacks.serving():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /hook HTTP/1.1\r\nhost: kit\r\ncontent-length: 0\r\n\r\n")
        try:
            how = "EOF" if await reader.read() == b"" else "an answer"
        except ConnectionResetError:
            how = "reset"
        writer.close()

    assert how == seen


async def test_a_closed_receiver_refuses_until_it_is_opened() -> None:
    callbacks = Callbacks("127.0.0.1", 0)
    receiver = callbacks.closed_receiver("hook")

    async with callbacks.serving(), httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.post(receiver.url)
        await callbacks.open(receiver)
        answer = await client.post(receiver.url, headers={"ce-id": "one"})

    assert (answer.status_code, [each.id for each in receiver.received]) == (202, ["one"])


async def test_metrics_that_grow_with_each_event_pass() -> None:
    checks.load()
    counts: Counter[str] = Counter()
    receiver: Receiver | None = None

    async def count(request: web.Request) -> web.Response:
        if request.method == "GET":
            lines = [f'events_total{{name="{name}"}} {count}' for name, count in counts.items()]
            return web.Response(text="\n".join(lines))
        broker = request.path.rpartition("/")[2]
        counts[broker] += 1
        if request.headers["ce-type"] == "delivered" and receiver is not None:
            receiver.take(Received({"ce-id": "delivered"}, b"", 0.0))
            counts[f"{broker}-3"] += 1  # the name of its trigger
        return web.Response(status=202)

    async with _serving(count) as url, httpx.AsyncClient(trust_env=False) as client:
        ingress = Ingress(client, url, "n", f"{url}/metrics")
        callbacks = Callbacks("127.0.0.1", 0)
        (check,) = (check for check in CHECKS if check.number == 72)
        run = check.declare(Kit("kit", ingress, callbacks, Resources("n", None)))
        (receiver,) = callbacks.receivers
        detail = await run()

    assert detail == "events_total, events_total, events_total"

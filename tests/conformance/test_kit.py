"""The kit on Poplin, and on a server that accepts everything and delivers nothing."""

import asyncio
import json
import socket
import sys
from pathlib import Path

import httpx
from aiohttp import web

from tests.conformance import checks
from tests.conformance.callbacks import Callbacks
from tests.conformance.ingress import Ingress
from tests.conformance.kit import CHECKS
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


async def test_a_server_that_accepts_everything_fails() -> None:
    application = web.Application()

    async def accept(_request: web.Request) -> web.Response:
        return web.Response(status=202)

    application.router.add_route("*", "/{path:.*}", accept)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    checks.load()
    refusals = [check for check in CHECKS if check.number in (38, 42, 43, 45, 46, 47, 48, 51)]
    async with httpx.AsyncClient(trust_env=False) as client:
        declared = declare(
            refusals,
            Ingress(client, f"http://127.0.0.1:{port}", "n"),
            Callbacks("127.0.0.1", 0),
            Resources("n", None),
        )
        results = await run_all([each for each in declared if "batch" not in each.check.title])
    await runner.cleanup()

    assert [each.verdict for each in results] == ["fail"] * 8

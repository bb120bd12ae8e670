"""A service that runs alone, and finds no store."""

import asyncio
import json
import sys

import httpx

from tests.fabric import event_headers


async def test_an_ingress_without_its_store_says_so() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "poplin_cli.main", "ingress",
        "--redis", "redis://127.0.0.1:1", "--port", "0", "--log-format", "json",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        port = json.loads(await process.stdout.readline())["port"]
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{port}", trust_env=False
        ) as client:
            alive = await client.get("/livez")
            ready = await client.get("/readyz")
            answer = await client.post("/default/b", headers=event_headers("1"))
        process.terminate()
        code = await process.wait()

    assert (alive.status_code, ready.status_code, answer.status_code) == (200, 503, 503)
    assert answer.headers["retry-after"] == "1"
    assert code == 0

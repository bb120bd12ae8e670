"""A service that runs alone, and finds no store or a slow one."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, publish
from tests.fabric import event_headers


@asynccontextmanager
async def delayed(store_url: str, seconds: float) -> AsyncIterator[str]:
    """The store behind a network that takes its time to connect."""

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        there = await asyncio.open_unix_connection(urlsplit(store_url).path)
        await asyncio.gather(copy(reader, there[1]), copy(there[0], writer))

    serving: set[asyncio.Task[None]] = set()
    server = await asyncio.start_server(
        lambda *streams: serving.add(asyncio.create_task(serve(*streams))), "127.0.0.1", 0
    )
    async with server:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    await asyncio.gather(*serving)


@asynccontextmanager
async def ingress(
    redis_url: str,
) -> AsyncIterator[tuple[httpx.AsyncClient, asyncio.subprocess.Process]]:
    """One that has said that it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "poplin_cli.main", "ingress",
        "--redis", redis_url, "--port", "0", "--log-format", "json",
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(20):
            while (said := json.loads(await process.stdout.readline()))["event"] != "listening":
                pass
            url = f"http://127.0.0.1:{said['port']}"
            async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
                yield client, process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def test_an_ingress_without_its_store_says_so() -> None:
    async with ingress("redis://127.0.0.1:1") as (client, process):
        alive = await client.get("/livez")
        ready = await client.get("/readyz")
        answer = await client.post("/default/b", headers=event_headers("1"))
        process.terminate()
        code = await process.wait()

    assert (alive.status_code, ready.status_code, answer.status_code) == (200, 503, 503)
    assert answer.headers["retry-after"] == "1"
    assert code == 0


async def test_an_ingress_whose_store_is_full_stays_ready_and_refuses(
    redis: Redis, store_url: str
) -> None:
    """A restart frees nothing, and producers are to hear when to come again."""
    await publish(redis, [BrokerRecord(namespace="default", name="b")], [])
    async with ingress(store_url) as (client, _):
        assert (await client.get("/readyz")).status_code == 200

        await redis.config_set("maxmemory", 1)

        ready = await client.get("/readyz")
        answer = await client.post("/default/b", headers=event_headers("1"))
    assert (ready.status_code, answer.status_code) == (200, 503)
    assert answer.headers["retry-after"]
    assert "memory" in answer.json()["detail"]


async def test_the_first_request_waits_for_a_store_that_is_about_to_answer(store_url: str) -> None:
    async with delayed(store_url, 0.3) as url, ingress(url) as (client, _):
        answer = await client.post("/default/none", headers=event_headers("1"))

    assert answer.status_code == 404, answer.text


async def test_a_kept_alive_connection_may_ask_once_more_while_the_ingress_ends(
    store_url: str,
) -> None:
    async with ingress(store_url) as (client, process):
        before = await client.post("/default/none", headers=event_headers("1"))
        process.terminate()
        await until_refused(client.base_url.port or 0)
        last = await client.post("/default/none", headers=event_headers("2"))
        code = await process.wait()

    assert (before.status_code, last.status_code, code) == (404, 404, 0)
    assert "connection" not in before.headers
    assert last.headers["connection"] == "close"


async def until_refused(port: int) -> None:
    """The ingress has closed its listening socket."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionError:
                return
            writer.close()

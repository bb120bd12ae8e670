"""A fabric in which every trigger but one has an enemy for a subscriber, and what became of it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest
from redis.asyncio import Redis

from poplin.catalog.catalog import read
from poplin.log import Keys
from poplin.log.journal import outcomes_in
from poplin.log.look import Look, Place
from poplin.store import connect
from tests.fabric import Fabric, Subscriber, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.hostile.subscriber_cases import Case, Fate, cases
from tests.owing import owes_nothing
from tests.sender.hostile import Act, Wire, hostile
from tests.waiting import until

__all__ = ["Stage", "dispatcher_of", "growth", "played", "store_of"]

ROUNDS = 3
"""One event of each case in each; a round begins when the one before has come to its end."""

HOPS_SENT = 9
HEALTHY_EVERY_S = 0.02
PRIVATE = dict.fromkeys(("authorization", "cookie", "set-cookie", "proxy-authorization", "proxy-connection", "x-api-key", "x-amz-security-token", "x-forwarded-for", "x-forwarded-host", "forwarded", "x-real-ip", "via", "keep-alive", "trailer", "referer", "origin", "user-agent", "accept", "accept-encoding", "x-custom", "prefer", "kn-namespace", "location"), "secret") | {"connection": "x-custom", "te": "trailers", "knative-allowed": "yes"}  # fmt: skip
"""What a producer sends to the broker, and to nobody behind it: but for the last."""
DELIVERY = (
    "{retry: 1, backoffPolicy: linear, backoffDelay: PT0.05S, timeout: PT0.8S,"
    " retryAfterMax: PT0.2S}"
)


@dataclass
class Stage:
    """What was seen while all cases were under way at once."""

    fabric: Fabric
    cases: Sequence[Case]
    healthy: Subscriber
    reply_heads: list[bytes]
    """As they came to the subscriber that gets the replies."""
    fates: dict[str, list[Fate]] = field(default_factory=dict)
    graves: dict[str, int] = field(default_factory=dict)
    reply_hops: set[int] = field(default_factory=set)
    sent_healthy: int = 0
    led_away: int = 0
    grown_bytes: int = 0
    pids: set[int] = field(default_factory=set)


@asynccontextmanager
async def played(folder: Path) -> AsyncIterator[Stage]:
    """Every case has come to its end when this gives its stage."""
    async with AsyncExitStack() as stack:
        tripwire = await stack.enter_async_context(hostile())
        recorder = await stack.enter_async_context(hostile())
        healthy = await stack.enter_async_context(subscriber())
        yaml = broker_yaml(DELIVERY) + trigger_yaml("healthy", healthy.url, kind="test.healthy")
        yaml += trigger_yaml("replies", recorder.url, kind="test.reply")
        each = Stage(None, cases(tripwire.url), healthy, [])  # type: ignore[arg-type]  # set below
        recorder.acts = [_records(each.reply_heads)]
        for case in each.cases:
            server = await stack.enter_async_context(hostile())
            server.acts = [case.act]
            yaml += trigger_yaml(case.name, server.url, kind=f"case.{case.name}")
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            patch.setenv(name, tripwire.url)
        each.fabric = await stack.enter_async_context(Fabric.up(folder, yaml))
        redis = connect(store_of(each.fabric))
        stack.push_async_callback(redis.aclose)
        async with growth(each.fabric) as grown:
            try:
                await _play(each, redis)
            except BaseException as error:
                error.add_note("\n".join(each.fabric.lines[-40:]))
                raise
        each.grown_bytes = grown.bytes
        await _look(each, redis)
        each.led_away = tripwire.connections
        yield each


def dispatcher_of(fabric: Fabric) -> psutil.Process:
    children = psutil.Process(fabric.process.pid).children()
    return next(child for child in children if "dispatcher" in child.cmdline())


def store_of(fabric: Fabric) -> str:
    """The URL of the fabric's store."""
    words = dispatcher_of(fabric).cmdline()
    return words[words.index("--redis") + 1]


@dataclass
class Growth:
    bytes: int = 0


@asynccontextmanager
async def growth(fabric: Fabric) -> AsyncIterator[Growth]:
    """The most by which the dispatcher's memory grows while the block runs."""
    process, grown = dispatcher_of(fabric), Growth()
    began = process.memory_info().rss

    async def look() -> None:
        while True:
            grown.bytes = max(grown.bytes, process.memory_info().rss - began)
            await asyncio.sleep(0.02)

    looking = asyncio.create_task(look())
    try:
        yield grown
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


def _records(heads: list[bytes]) -> Act:
    async def act(wire: Wire) -> None:
        while True:
            head = await wire.head()
            heads.append(head)
            await wire.body(head)
            await wire.say(b"HTTP/1.1 202 X\r\ncontent-length: 0\r\n\r\n")

    return act


async def _play(each: Stage, redis: Redis) -> None:
    done = asyncio.Event()
    async with _client(each.fabric) as client, asyncio.TaskGroup() as tasks:
        tasks.create_task(_send_healthy(each, client, done))
        for number in range(ROUNDS):
            each.pids.add(dispatcher_of(each.fabric).pid)
            for case in each.cases:
                headers = event_headers(f"{case.name}-{number}", f"case.{case.name}")
                headers["ce-knativebrokerttl"] = str(HOPS_SENT)
                assert (await client.post("/default/main", headers=headers)).status_code == 202
            for _ in range(2):  # the replies to what came to its end first
                await until(lambda: owes_nothing(redis, but=("healthy",)), 30)
        done.set()
    each.pids.add(dispatcher_of(each.fabric).pid)
    await each.healthy.wait_for(each.sent_healthy)


def _client(fabric: Fabric) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=fabric.url, trust_env=False, timeout=10)


async def _send_healthy(each: Stage, client: httpx.AsyncClient, done: asyncio.Event) -> None:
    while not done.is_set():
        headers = event_headers(f"healthy-{each.sent_healthy}", "test.healthy", **PRIVATE)
        assert (await client.post("/default/main", headers=headers)).status_code == 202
        each.sent_healthy += 1
        await asyncio.sleep(HEALTHY_EVERY_S)


async def _look(each: Stage, redis: Redis) -> None:
    keys = Keys("default/main")
    names = {record.uid: record.name for record in (await read(redis)).triggers.values()}
    page = await Look(redis, keys).journal(Place())
    assert page.is_end
    for chunk in page.chunks:
        for line in outcomes_in(chunk.lines):
            if line.kind in "sb":
                is_dead = line.kind == "b"
                fate = Fate(line.attempt, line.status, line.note) if is_dead else Fate(line.attempt)
                each.fates.setdefault(names[line.uid], []).append(fate)
    for uid, name in names.items():
        each.graves[name] = await redis.hlen(keys.grave(uid))
    log: Any = await redis.xrange(keys.log)
    attributes = [orjson.loads(fields[b"a"]) for _, fields in log]
    each.reply_hops = {
        int(event["knativebrokerttl"]) for event in attributes if event["type"] == "test.reply"
    }

"""A paused trigger: its matches wait, whoever paused it, and nothing is attempted."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace

import pytest
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, DeliveryPolicy, TriggerRecord, publish, set_paused
from poplin.log import Log
from tests.conftest import VALKEY
from tests.dispatcher.test_sharing import dispatching, entry
from tests.fabric import subscriber
from tests.waiting import until

# One kind of store will do: what differs between them is tested in tests/log.
pytestmark = pytest.mark.parametrize("store_url", [VALKEY], indirect=True)

BROKER = BrokerRecord(namespace="n", name="b")
RETRY_S = 0.05


def trigger(url: str, name: str = "t", **more: object) -> TriggerRecord:
    record = TriggerRecord(uid=name, namespace="n", name=name, broker="b", subscriber_uri=url)
    return replace(record, **more)  # type: ignore[arg-type] # as the caller names them


async def backlog(redis: Redis) -> int:
    """Of the trigger t."""
    return int(await redis.zcard(Log(redis, "n/b").keys.due("t")))


async def backlog_becomes(redis: Redis, count: int) -> None:
    async def is_so() -> bool:
        return await backlog(redis) == count

    await until(is_so)


async def nothing_is_in_flight(redis: Redis) -> None:
    """Of the trigger t; its peer answers at once."""

    async def is_so() -> bool:
        (figures,) = await Log(redis, "n/b").gauge(["t"])
        return figures.in_flight == 0

    await until(is_so)


async def append(redis: Redis, count: int) -> None:
    await Log(redis, "n/b").append([entry(number) for number in range(count)])


async def test_what_matches_a_paused_trigger_waits_until_it_is_resumed(
    redis: Redis, store_url: str
) -> None:
    async with subscriber() as paused, subscriber() as other:
        await publish(redis, [BROKER], [trigger(paused.url), trigger(other.url, "o")])
        await set_paused(redis, "t", is_paused=True)
        async with dispatching(redis, store_url):
            await append(redis, 100)
            await other.wait_for(100)
            waiting = await backlog(redis), len(paused.received)

            await set_paused(redis, "t", is_paused=False)
            await paused.wait_for(100)

    assert waiting == (100, 0)


async def test_a_pause_is_in_force_in_every_dispatcher(redis: Redis, store_url: str) -> None:
    """For events to come as for retries."""
    quick = DeliveryPolicy(retry=1000, backoff_delay_s=RETRY_S, backoff_policy="linear")
    async with subscriber() as peer, subscriber() as other:
        peer.answer = lambda _: (503, "", b"")
        await publish(redis, [BROKER], [trigger(peer.url, delivery=quick), trigger(other.url, "o")])
        async with (
            dispatching(redis, store_url) as one,
            dispatching(redis, store_url) as two,
        ):
            await append(redis, 50)
            await peer.wait_for(100)
            await set_paused(redis, "t", is_paused=True)
            await until(lambda: all(each._shared.pauses.holds("t") for each in (one, two)))
            await nothing_is_in_flight(redis)
            attempts = len(peer.received)
            await append(redis, 50)
            await other.wait_for(100)
            await asyncio.sleep(10 * RETRY_S)

    assert len(peer.received) == attempts
    assert await backlog(redis) == 100


async def test_a_dispatcher_that_starts_attempts_nothing_that_is_paused(
    redis: Redis, store_url: str
) -> None:
    async with subscriber() as paused, subscriber() as other:
        await publish(redis, [BROKER], [trigger(paused.url), trigger(other.url, "o")])
        async with dispatching(redis, store_url):
            await append(redis, 1)
            await paused.wait_for(1)
        await set_paused(redis, "t", is_paused=True)
        await append(redis, 100)

        async with dispatching(redis, store_url):
            await other.wait_for(101)
            await backlog_becomes(redis, 100)

    assert len(paused.received) == 1


async def test_a_trigger_is_paused_by_its_annotation_until_that_is_edited(
    redis: Redis, store_url: str
) -> None:
    async with subscriber() as paused, subscriber() as other:
        beside = trigger(other.url, "o")
        await publish(redis, [BROKER], [trigger(paused.url, paused=True), beside])
        async with dispatching(redis, store_url):
            await append(redis, 100)
            await other.wait_for(100)
            received = len(paused.received)

            await publish(redis, [BROKER], [trigger(paused.url), beside])
            await paused.wait_for(100)

    assert received == 0


async def test_a_paused_queue_is_not_asked_for_again_and_again(
    redis: Redis, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over a sweep and more, which is what would ask."""
    sweeps = 0
    peek = Log.peek

    async def counted(log: Log, uids: Sequence[str]) -> list[float | None]:
        nonlocal sweeps
        sweeps += 1
        return await peek(log, uids)

    monkeypatch.setattr(Log, "peek", counted)
    async with subscriber() as peer:
        await publish(redis, [BROKER], [trigger(peer.url)])
        await set_paused(redis, "t", is_paused=True)
        async with dispatching(redis, store_url):
            await append(redis, 1)
            await backlog_becomes(redis, 1)
            began, calls, swept = time.monotonic(), await _calls(redis), sweeps
            await until(lambda: sweeps >= swept + 2)
            calls = await _calls(redis) - calls
            took_s = time.monotonic() - began

    assert calls / took_s < 120  # of which a third is the roster; one that spins makes thousands


async def _calls(redis: Redis) -> int:
    found = await redis.info("stats")
    return int(found["total_commands_processed"])

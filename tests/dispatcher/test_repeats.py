"""A reply that comes again, as after a crash between its append and the settle."""

from dataclasses import replace
from functools import partial
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from dispatcher.service import Dispatcher
from poplin.catalog import publish
from poplin.catalog.catalog import logs
from poplin.log import Log
from poplin.metrics.families import DELIVERED, REPEATED
from poplin.metrics.totals import read_totals
from tests.conftest import VALKEY
from tests.dispatcher.test_sharing import BROKER, REPLY, dispatching, entry, trigger
from tests.fabric import subscriber
from tests.owing import owes_nothing
from tests.waiting import until

pytestmark = pytest.mark.parametrize("store_url", [VALKEY], indirect=True)


async def _replies(redis: Redis) -> list[bytes]:
    found = []
    for log in logs(redis, BROKER):
        rows: Any = await redis.xrange(log.keys.log)
        found += [row for _, row in rows if orjson.loads(row[b"a"])["id"] == "r"]
    return found


def _follows(dispatcher: Dispatcher, version: int) -> bool:
    return dispatcher._follower.catalog.version >= version


@pytest.mark.parametrize(("window_s", "kept"), [(600.0, 1), (None, 3)])
async def test_with_a_window_a_repeated_reply_is_dropped_and_its_delivery_settled(
    redis: Redis, store_url: str, window_s: float | None, kept: int
) -> None:
    """Three events from three partitions, and the same reply to each."""
    async with subscriber() as peer:
        peer.answer = lambda _: (200, REPLY, b"")
        record = replace(BROKER, dedupe_window_s=window_s)
        await publish(redis, [record], [trigger(peer.url)])
        async with dispatching(redis, store_url):
            for partition in range(3):
                await Log(redis, "n/b", partition).append([entry(partition)])
            await peer.wait_for(3)
            await until(lambda: owes_nothing(redis))

    assert len(await _replies(redis)) == kept
    counters = (await read_totals(redis)).counters
    assert counters[DELIVERED] == {("n", "b", "t"): 3}
    assert counters.get(REPEATED, {}) == ({("n", "b"): 2} if kept == 1 else {})


async def test_a_window_that_is_edited_holds_for_replies_from_then_on(
    redis: Redis, store_url: str
) -> None:
    kept = []
    async with subscriber() as peer:
        peer.answer = lambda _: (200, REPLY, b"")
        await publish(redis, [BROKER], [trigger(peer.url)])
        async with dispatching(redis, store_url) as dispatcher:
            for number, window_s in enumerate((None, 600.0, 600.0, None)):
                record = replace(BROKER, dedupe_window_s=window_s)
                published = await publish(redis, [record], [trigger(peer.url)])
                await until(partial(_follows, dispatcher, published.version))
                await Log(redis, "n/b", 1).append([entry(number)])
                await peer.wait_for(number + 1)
                await until(lambda: owes_nothing(redis))
                kept.append(len(await _replies(redis)))

    assert kept == [1, 2, 2, 3]

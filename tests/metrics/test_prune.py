"""Series of what is gone for good."""

import asyncio

from redis.asyncio import Redis

from poplin.catalog import (
    BrokerRecord,
    SourceStatus,
    TriggerRecord,
    forget,
    publish,
    write_sources,
)
from poplin.metrics import Counts, Flusher, keep_pruned, prune, read_totals
from poplin.metrics.families import (
    ACCEPTED,
    DELIVERED,
    DISPATCH_DURATION,
    REFUSED,
    SOURCE_EMIT_DURATION,
    SOURCE_RECEIVED,
    SOURCE_REFUSED,
)
from poplin.metrics.totals import read_fields

BROKER = BrokerRecord(namespace="n", name="b")
TRIGGER = TriggerRecord(uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://s/")
OF_BROKERS = [(ACCEPTED, "n/b"), (REFUSED, "n/b", "invalid"), (REFUSED, "/", "invalid")]
OF_TRIGGERS = [(DELIVERED, "n/b/t")]


async def counted(redis: Redis) -> None:
    counts = Counts()
    for series in (*OF_BROKERS, *OF_TRIGGERS):
        counts.add(series)
    counts.observe((DISPATCH_DURATION, "n/b/t", "2xx"), 0.1)
    await Flusher(redis, counts).flush()


async def fields(redis: Redis) -> set[str]:
    return {name async for name, _ in read_fields(redis)}


async def test_what_is_there_or_may_come_back_is_kept(redis: Redis) -> None:
    await publish(redis, [BROKER], [TRIGGER])
    await publish(redis, [BROKER], [])
    await counted(redis)

    assert await prune(redis) == 0


async def test_what_has_left_the_catalog_for_good_is_removed(redis: Redis) -> None:
    await publish(redis, [BROKER], [TRIGGER])
    catalog = await publish(redis, [BROKER], [])
    await forget(redis, catalog.removed[TRIGGER.uid])
    await counted(redis)

    await prune(redis)

    assert await fields(redis) == {"/".join(series) for series in OF_BROKERS}


async def test_a_removed_broker_takes_its_series_along_once_its_log_is_gone(redis: Redis) -> None:
    await publish(redis, [BROKER], [])
    catalog = await publish(redis, [], [])
    await counted(redis)
    await prune(redis)
    assert {"/".join(series) for series in OF_BROKERS} <= await fields(redis)
    await forget(redis, catalog.closed[BROKER.key])

    await prune(redis)

    assert await fields(redis) == {f"{REFUSED}///invalid"}


async def test_a_removed_source_takes_its_series_along(redis: Redis) -> None:
    """And requests for no source count on, as do those that stay."""
    await publish(redis, [BROKER], [])
    counts = Counts()
    for source in ("GitHubSource/n/stays", "GitHubSource/n/goes"):
        counts.add((SOURCE_RECEIVED, source))
        counts.add((SOURCE_REFUSED, source, "invalid"))
        counts.observe((SOURCE_EMIT_DURATION, source), 0.1)
    counts.add((SOURCE_REFUSED, "//", "unknown_source"))
    await Flusher(redis, counts).flush()
    stays = SourceStatus(kind="GitHubSource", api_version="v", namespace="n", name="stays")
    await write_sources(redis, [stays])
    before = await fields(redis)

    await prune(redis)

    assert await fields(redis) == {name for name in before if "/goes" not in name}


async def test_nothing_is_removed_while_the_store_has_lost_its_catalog(redis: Redis) -> None:
    await counted(redis)

    assert await prune(redis) == 0


async def test_series_are_pruned_every_now_and_then(redis: Redis) -> None:
    await publish(redis, [], [TRIGGER])
    catalog = await publish(redis, [], [])
    await forget(redis, catalog.removed[TRIGGER.uid])
    await counted(redis)
    stop = asyncio.Event()

    pruning = asyncio.create_task(keep_pruned(redis, stop, 0.01))
    async with asyncio.timeout(10):
        while len((await read_totals(redis)).counters) > 1:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.01)
    stop.set()
    await pruning

    assert await fields(redis) == {f"{REFUSED}///invalid"}

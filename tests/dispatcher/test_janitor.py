"""What is swept, and by whom."""

import asyncio

from redis.asyncio import Redis

from dispatcher.janitor import Janitor
from poplin.catalog import BrokerRecord, publish
from poplin.catalog.catalog import logs
from tests.log.helpers import accepted, journal

KIBIBYTE = 1024
WIDE = BrokerRecord(namespace="n", name="b", partitions=4, retention_bytes=800 * KIBIBYTE)
LOWERED = BrokerRecord(namespace="n", name="b", partitions=2, retention_bytes=800 * KIBIBYTE)


async def test_partitions_share_the_retained_bytes_and_each_is_swept_by_its_reader(
    redis: Redis,
) -> None:
    """Also one that takes no new events any more. The store only estimates a stream's bytes."""
    await publish(redis, [WIDE], [])
    catalog = await publish(redis, [LOWERED], [])
    parts = logs(redis, catalog.brokers["n/b"])
    for log in parts:
        ids = await accepted(log, 600, b"x" * KIBIBYTE)
        await log.route(await log.position(), ids[-1], len(ids), {})

    stop = asyncio.Event()
    sweeping = asyncio.create_task(
        Janitor(redis).run(stop, 0.01, lambda: catalog, lambda _, partition: partition != 3)
    )
    async with asyncio.timeout(10):
        while await redis.xlen(parts[2].keys.log) > 450:  # noqa: ASYNC110 - the last one
            await asyncio.sleep(0.01)
    stop.set()
    await sweeping

    lengths = [await redis.xlen(log.keys.log) for log in parts]
    assert all(200 < each <= 450 for each in lengths[:3]), lengths
    assert lengths[3] == 600


async def test_partitions_share_the_bytes_of_the_journal(redis: Redis) -> None:
    broker = BrokerRecord(namespace="n", name="b", partitions=2, journal_bytes=400 * KIBIBYTE)
    catalog = await publish(redis, [broker], [])
    parts = logs(redis, catalog.brokers["n/b"])
    for number in range(100):
        for log in parts:
            await log.defer([], b"%02d" % number * 2048)
    stop = asyncio.Event()

    sweeping = asyncio.create_task(Janitor(redis).run(stop, 0.01, lambda: catalog, lambda *_: True))
    async with asyncio.timeout(10):
        while await redis.xlen(parts[1].keys.journal) == 100:  # noqa: ASYNC110 - the last one
            await asyncio.sleep(0.01)
    stop.set()
    await sweeping

    for log in parts:
        lines = await journal(redis, log)
        assert 120 * KIBIBYTE < sum(map(len, lines)) <= 200 * KIBIBYTE
        assert lines[-1] == b"99" * 2048

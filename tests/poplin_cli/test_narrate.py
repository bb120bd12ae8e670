"""What `make demo` tells of events, from the store alone."""

import orjson
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, publish
from poplin.catalog.catalog import logs
from poplin.log import Entry, LogId
from poplin.log.journal import encode_outcomes
from poplin_cli.narrate import Narrator


async def test_events_of_every_partition_are_told(redis: Redis) -> None:
    catalog = await publish(redis, [BrokerRecord(namespace="n", name="b", partitions=2)], [])
    for log in logs(redis, catalog.brokers["n/b"]):
        attributes = {"id": f"e{log.keys.partition}", "type": "t", "source": "/s"}
        await log.append([Entry(orjson.dumps(attributes), None, b"")])
        told = encode_outcomes({("s", "u", 1, 202, "", False): ([LogId(b"0-1")], [3])})
        await log.defer([], told)

    steps = await Narrator(redis, "n/b", catalog).next_steps()

    assert [(what, event) for what, event, _ in steps] == [
        ("accepted", "e0"), ("matched", "e0"), ("delivered", "0-1"),
        ("accepted", "e1"), ("matched", "e1"), ("delivered", "0-1"),
    ]  # fmt: skip

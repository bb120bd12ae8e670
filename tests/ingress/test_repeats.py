"""`poplin.dev/dedupe-window`: a repeat is answered as the first was, and is not there twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest
from redis.asyncio import Redis

from ingress.admission import Admission
from ingress.answers import Answer
from ingress.brokers import Brokers
from ingress.intake import Headers, Intake
from ingress.tally import Tally
from poplin.catalog import BrokerRecord, publish
from poplin.catalog.catalog import logs
from poplin.metrics import Counts
from poplin.metrics.families import ACCEPTED, REPEATED
from poplin.store import connect
from tests.log.helpers import stream

BROKER = BrokerRecord(namespace="n", name="b", partitions=4, dedupe_window_s=600.0)


class Ingress:
    """As a process has it, with connections of its own."""

    def __init__(self, store_url: str) -> None:
        self.redis = connect(store_url)
        self.counts = Counts()
        tally = Tally(self.counts)
        self.brokers = Brokers(self.redis, tally)
        self._intake = Intake(self.brokers, Admission(self.brokers), tally)
        self._intake.is_open = True

    async def post(self, event_id: str, **more: str) -> Answer:
        attributes = {"specversion": "1.0", "id": event_id, "type": "t", "source": "/s", **more}
        return await self.send(
            [(f"ce-{name}".encode(), text.encode()) for name, text in attributes.items()]
        )

    async def post_batch(self, event_ids: Sequence[str]) -> Answer:
        events = [
            {"specversion": "1.0", "id": each, "type": "t", "source": "/s"} for each in event_ids
        ]
        kind = (b"content-type", b"application/cloudevents-batch+json")
        return await self.send([kind], orjson.dumps(events))

    async def send(self, headers: Headers, body: bytes = b"") -> Answer:
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._intake.take(b"POST", b"/n/b", headers, body, answer.set_result)
        return await answer

    async def close(self) -> None:
        await self.brokers.close()
        await self.redis.aclose()


async def served(redis: Redis, store_url: str, record: BrokerRecord, count: int) -> list[Ingress]:
    catalog = await publish(redis, [record], [])
    found = [Ingress(store_url) for _ in range(count)]
    for each in found:
        each.brokers.follow(catalog)
    return found


async def stored(redis: Redis, record: BrokerRecord) -> Counter[str]:
    """How often each id is in the log, whichever partition it is in."""
    rows = [row for log in logs(redis, record) for row in await stream(redis, log.keys.log)]
    return Counter(orjson.loads(fields[b"a"])["id"] for _, fields in rows)


async def test_of_repeats_sent_at_once_to_two_ingresses_one_is_stored(
    redis: Redis, store_url: str
) -> None:
    """In whichever group commit each is, and whatever else its partition would be chosen by."""
    both = await served(redis, store_url, BROKER, 2)
    names = list(map(str, range(40)))

    answers = await asyncio.gather(
        *(
            both[copy % 2].post(name, partitionkey=f"k{copy}")
            for copy in range(6)
            for name in names
        ),
        *(each.post_batch(names) for each in both),
        *(each.post_batch(names * 2) for each in both),
    )

    for each in both:
        await each.close()
    assert {answer.status for answer in answers} == {202}
    assert await stored(redis, BROKER) == dict.fromkeys(names, 1), "stored more than once"
    counted = Counter[str]()
    for each in both:
        counted.update(each.counts.take())
    assert counted == {f"{ACCEPTED}/n/b": 40 * 12, f"{REPEATED}/n/b": 40 * 11}


async def test_without_a_window_every_copy_is_stored(redis: Redis, store_url: str) -> None:
    record = replace(BROKER, dedupe_window_s=None)
    (ingress,) = await served(redis, store_url, record, 1)

    await asyncio.gather(*(ingress.post("a") for _ in range(3)))

    await ingress.close()
    assert await stored(redis, record) == {"a": 3}
    assert ingress.counts.take() == {f"{ACCEPTED}/n/b": 3}


async def test_a_window_that_is_edited_holds_from_then_on(redis: Redis, store_url: str) -> None:
    (ingress,) = await served(redis, store_url, BROKER, 1)
    found = []

    for window_s in (600.0, 5.0, None, 600.0):
        record = replace(BROKER, dedupe_window_s=window_s)
        ingress.brokers.follow(await publish(redis, [record], []))
        await ingress.post("a")
        found.append((await stored(redis, record))["a"])

    await ingress.close()
    assert found == [1, 1, 2, 2]


@pytest.mark.parametrize("partitions", [1, 4])
async def test_no_copy_is_answered_before_the_store_has_the_first(
    redis: Redis, store_url: str, partitions: int
) -> None:
    """All wait for the same call, and all are told when it fails."""
    record = replace(BROKER, partitions=partitions)
    (ingress,) = await served(redis, store_url, record, 1)
    await redis.config_set("maxmemory", 1)

    refused = await asyncio.gather(*(ingress.post("a") for _ in range(3)))
    await redis.config_set("maxmemory", 1 << 30)
    answer = await ingress.post("a")

    await ingress.close()
    assert [each.status for each in refused] == [503] * 3
    assert answer.status == 202
    assert await stored(redis, record) == {"a": 1}

"""Several dispatchers in one process, on a real store: who reads what, and within which bounds."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from redis.asyncio import Redis

from dispatcher.service import Dispatcher
from poplin.catalog import BrokerRecord, TriggerRecord, publish
from poplin.codec import to_entry
from poplin.event import AttributeValue, Event
from poplin.log import Appender, Entry, Leased, Log, LogId
from poplin.sender import Sender
from poplin.settings import DispatcherSettings
from tests.conftest import VALKEY
from tests.fabric import subscriber
from tests.log.helpers import times
from tests.owing import owes_nothing
from tests.waiting import until

# One kind of store will do: what differs between them is tested in tests/log.
pytestmark = pytest.mark.parametrize("store_url", [VALKEY], indirect=True)

GRACE_S = 0.5
BROKER = BrokerRecord(namespace="n", name="b", partitions=4)
REPLY = "ce-specversion: 1.0\r\nce-id: r\r\nce-type: t\r\nce-source: /r\r\n"


def trigger(url: str, max_in_flight: int = 64) -> TriggerRecord:
    return TriggerRecord(
        uid="u", namespace="n", name="t", broker="b", subscriber_uri=url,
        filters=({"exact": {"type": "wanted"}},), max_in_flight=max_in_flight,
    )  # fmt: skip


def entry(number: int) -> Entry:
    attributes: dict[str, AttributeValue] = {
        "specversion": "1.0", "id": str(number), "source": "/s", "type": "wanted",
        "knativebrokerttl": 9,
    }  # fmt: skip
    return Entry(*to_entry(Event(attributes)))


@asynccontextmanager
async def dispatching(
    redis: Redis, url: str, stop: asyncio.Event | None = None
) -> AsyncIterator[Dispatcher]:
    """Until the end, or until `stop` is set."""
    sender, stop = Sender(), stop or asyncio.Event()
    dispatcher = Dispatcher(redis, sender, DispatcherSettings(redis_url=url, grace_s=GRACE_S))
    running = asyncio.create_task(dispatcher.run(stop))
    try:
        yield dispatcher
    finally:
        stop.set()
        await running
        await sender.close()


async def become(condition: Callable[[], bool], seconds: float) -> None:
    """Only the dispatchers know when; they look four times a second."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def shares(*dispatchers: Dispatcher) -> list[set[int]]:
    return [{partition for _, partition in each._ours} for each in dispatchers]


async def reading(redis: Redis) -> int:
    """Connections that wait for log entries; those that wait for the catalog do not count."""
    clients = await redis.client_list()
    return sum(each["cmd"] == "xread" for each in clients)


async def test_replies_of_a_removed_broker_are_waited_for(
    redis: Redis, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a delivery that was cut off the reply may be on its way, and nobody waits for it."""
    closed = asyncio.Event()

    async def close(_: Appender) -> None:
        closed.set()

    monkeypatch.setattr(Appender, "close", close)
    alone = replace(BROKER, partitions=1)
    await publish(redis, [alone], [])
    async with dispatching(redis, store_url) as dispatcher:
        await become(lambda: bool(dispatcher._brokers), 10)

        await publish(redis, [], [])

        async with asyncio.timeout(10):
            await closed.wait()


async def test_nothing_begins_for_a_trigger_that_goes_while_its_entry_is_leased(
    redis: Redis, store_url: str
) -> None:
    """It is given back, for whoever may serve the trigger when it returns."""
    async with subscriber() as peer, dispatching(redis, store_url) as dispatcher:
        await publish(redis, [BROKER], [trigger(peer.url)])
        await become(lambda: bool(dispatcher._brokers), 5)
        partition = dispatcher._brokers["n/b"].partitions[0]
        await become(lambda: bool(partition._lanes), 5)
        leased, log = asyncio.Event(), partition.log
        lease = log.lease

        async def lease_late(uid: str, count: int, most_bytes: int) -> Leased:
            found = await lease(uid, count, most_bytes)
            await publish(redis, [BROKER], [])
            await become(lambda: not partition._lanes, 5)
            leased.set()
            return found

        log.lease = lease_late  # type: ignore[method-assign]
        # Of a type that nobody routes: it waits because we say so.
        attributes = entry(1).attributes.replace(b"wanted", b"other")
        added: Any = await redis.xadd(log.keys.log, {"a": attributes})
        log_id = LogId(added)
        await redis.hset(log.keys.state, "cursor", log_id)
        await redis.zadd(log.keys.due("u"), {log_id: 1})
        partition._lanes["u"].wait_turn()
        await asyncio.wait_for(leased.wait(), 10)

        async def is_given_back() -> bool:
            return (await times(redis, log.keys.due("u")))[log_id] > 0

        await until(is_given_back)

    assert peer.received == []


async def test_dispatchers_share_the_partitions_as_they_come_and_go(
    redis: Redis, store_url: str
) -> None:
    await publish(redis, [BROKER], [])

    async with dispatching(redis, store_url) as first:
        await become(lambda: shares(first) == [{0, 1, 2, 3}], 5)
        async with dispatching(redis, store_url) as second:
            await become(lambda: set(map(len, shares(first, second))) == {2}, 2)
            together = shares(first, second)
        # The second has left the roster and is not waited for.
        await become(lambda: shares(first) == [{0, 1, 2, 3}], 1)

    assert together[0] | together[1] == {0, 1, 2, 3}


async def test_only_who_reads_a_partition_keeps_a_connection_for_it(
    redis: Redis, store_url: str
) -> None:
    await publish(redis, [BROKER], [])

    async with dispatching(redis, store_url) as first, dispatching(redis, store_url) as second:
        await become(lambda: set(map(len, shares(first, second))) == {2}, 5)
        async with asyncio.timeout(5):
            while await reading(redis) != 4 + 2:  # noqa: ASYNC110 - one for each catalog
                await asyncio.sleep(0.02)


async def test_partitions_share_the_window_of_a_trigger(redis: Redis, store_url: str) -> None:
    """max-in-flight is of the trigger, not of each partition."""
    under_way, most, taken = 0, 0, set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        with suppress(asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0.01)
                under_way -= 1
                taken.add(head.partition(b"ce-id: ")[2].partition(b"\r\n")[0])
                writer.write(b"HTTP/1.1 202 A\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await publish(redis, [BROKER], [trigger(url, max_in_flight=3)])
    for partition in range(4):
        await Log(redis, "n/b", partition).append([entry(partition * 30 + n) for n in range(30)])

    async with dispatching(redis, store_url):
        await become(lambda: len(taken) == 120, 15)
    server.close()

    assert most == 3


async def test_a_reply_goes_to_the_partition_of_its_key(redis: Redis, store_url: str) -> None:
    async with subscriber() as peer:
        peer.answer = lambda _: (200, REPLY + "ce-partitionkey: 123456789\r\n", b"")
        await publish(redis, [BROKER], [trigger(peer.url)])
        await Log(redis, "n/b", 0).append([entry(number) for number in range(5)])

        async with dispatching(redis, store_url):
            await peer.wait_for(5)

    assert [await redis.xlen(Log(redis, "n/b", part).keys.log) for part in range(4)] == [5, 0, 5, 0]


async def test_an_edited_trigger_sends_to_its_new_address_from_every_partition(
    redis: Redis, store_url: str
) -> None:
    async with subscriber() as old, subscriber() as new:
        await publish(redis, [BROKER], [trigger(old.url)])
        async with dispatching(redis, store_url):
            await _appended(_logs(redis), 4)
            await old.wait_for(4)
            await publish(redis, [BROKER], [trigger(new.url)])
            await _appended(_logs(redis), 4)

            await new.wait_for(4)

    assert len(old.received) == 4


def _logs(redis: Redis) -> list[Log]:
    return [Log(redis, "n/b", partition) for partition in range(4)]


async def _appended(logs: Sequence[Log], count: int) -> None:
    appenders = [Appender(log) for log in logs]
    for number in range(count):
        await appenders[number % len(appenders)].append(entry(number))


async def test_events_flow_while_dispatchers_come_and_go(redis: Redis, store_url: str) -> None:
    """While two disagree both may read a partition; each event is routed once."""
    async with subscriber() as peer:
        await publish(redis, [BROKER], [trigger(peer.url)])
        async with dispatching(redis, store_url):
            adding = asyncio.create_task(_appended(_logs(redis), 1500))
            while not adding.done():
                async with dispatching(redis, store_url):
                    await asyncio.wait({adding}, timeout=0.6)
            await adding
            received = await peer.wait_for(1500)

    ids = [each.headers["ce-id"] for each in received]
    assert sorted(ids, key=int) == [str(number) for number in range(1500)]


async def test_a_reader_that_ends_leaves_new_events_to_the_others(
    redis: Redis, store_url: str
) -> None:
    """It could only lease them to itself and give them back, to be found by a sweep."""
    stop = asyncio.Event()
    async with subscriber() as peer:
        await publish(redis, [BROKER], [trigger(peer.url)])
        async with (
            dispatching(redis, store_url) as first,
            dispatching(redis, store_url, stop) as second,
        ):
            await become(lambda: set(map(len, shares(first, second))) == {2}, 5)
            async with asyncio.timeout(5):
                while await reading(redis) != 4 + 2:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            stop.set()
            for partition in range(4):
                await Log(redis, "n/b", partition).append([entry(partition)])

            await peer.wait_for(4, seconds=1.0)


async def test_what_a_dispatcher_gives_back_is_found_by_another(
    redis: Redis, store_url: str
) -> None:
    began = [asyncio.Event(), asyncio.Event()]

    async def never_answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        began[began[0].is_set()].set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    await publish(redis, [BROKER], [trigger(url)])
    await Log(redis, "n/b", 0).append([entry(0)])
    stop = asyncio.Event()
    async with dispatching(redis, store_url, stop):
        await asyncio.wait_for(began[0].wait(), 5)
        async with dispatching(redis, store_url) as other:
            await become(lambda: shares(other) != [set()], 5)
            stop.set()

            await asyncio.wait_for(began[1].wait(), GRACE_S + 2.5)
    server.close()


async def test_what_is_put_into_a_queue_slice_by_slice_is_found_soon_after_the_first(
    redis: Redis, store_url: str
) -> None:
    """A redrive or a replay tells no dispatcher; a sweep finds it within 2 s."""
    log = Log(redis, "n/b", 0)
    async with subscriber() as peer:
        await publish(redis, [BROKER], [trigger(peer.url)])
        async with dispatching(redis, store_url):
            ids = await log.append([entry(number) for number in range(4)]) or []
            await peer.wait_for(4)
            await until(lambda: owes_nothing(redis))
            await log.replay("u", ids[:1], 1, "r")
            await peer.wait_for(5, seconds=3)
            for number, log_id in enumerate(ids[1:]):
                await asyncio.sleep(0.3)
                await log.replay("u", [log_id], 1, "r")

                await peer.wait_for(6 + number, seconds=0.4)

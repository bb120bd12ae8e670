"""`/brokers/…/events`: what is accepted goes by, filtered, from wherever one likes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import orjson
import psutil
import pytest
from redis.asyncio import Redis

from poplin.log import Entry, Log
from tests.console.helpers import a_broker, append_event, published
from tests.console.server import Console

PATH = "/brokers/default/main/events"


class Watched:
    """A stream that was begun."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line:
                    found: dict[str, Any] = orjson.loads(line)
                    return found
        raise AssertionError("the stream ended")

    async def ids(self, count: int) -> list[str]:
        return [(await self.next())["attributes"]["id"] for _ in range(count)]


@asynccontextmanager
async def watching(server: httpx.AsyncClient, **params: Any) -> AsyncIterator[Watched]:
    async with server.stream("GET", PATH, params=params) as answer:
        assert answer.status_code == 200
        yield Watched(answer)


async def _kept(server: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    """What is there now."""
    answer = await server.get(PATH, params={"follow": "false", **params})
    assert answer.status_code == 200, answer.text
    return [orjson.loads(line) for line in answer.content.splitlines() if line]


async def test_events_of_all_partitions_go_by_as_they_are_accepted(
    redis: Redis, server: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker(partitions=3)])
    await append_event(redis, "before")
    async with watching(server) as stream:
        for number in range(6):
            await append_event(redis, f"e{number}", partition=number % 3)

        assert sorted(await stream.ids(6)) == [f"e{number}" for number in range(6)]
        await append_event(redis, "last")
        assert await stream.ids(1) == ["last"]


async def test_an_event_is_shown_whole(redis: Redis, server: httpx.AsyncClient) -> None:
    await published(redis, [a_broker()])
    text_id = await append_event(redis, "text", data='{"x": "é"}'.encode())
    await append_event(redis, "binary", data=b"\xff\x00")
    await append_event(redis, "none", data=b"")

    text, binary, none = await _kept(server, since="1h")

    assert text["broker"] == "default/main"
    assert text["logId"] == f"0:{text_id.decode()}"
    assert text["attributes"]["source"] == "/test"
    assert (text["data"], text["dataBase64"], text["bytes"]) == ('{"x": "é"}', None, 11)
    assert (binary["data"], binary["dataBase64"]) == (None, "/wA=")
    assert (none["data"], none["dataBase64"], none["bytes"]) == (None, None, 0)


async def test_filters_pick_events(redis: Redis, server: httpx.AsyncClient) -> None:
    await published(redis, [a_broker()])
    for number in range(5):
        await append_event(redis, f"e{number}", kind="wanted" if number % 2 else "unwanted")

    exact = await _kept(server, since="1h", filter='[{"exact": {"type": "wanted"}}]')
    cesql = await _kept(server, since="1h", filter="[{\"cesql\": \"id IN ('e0', 'e3')\"}]")

    assert [each["attributes"]["id"] for each in exact] == ["e1", "e3"]
    assert [each["attributes"]["id"] for each in cesql] == ["e0", "e3"]


async def test_limit_and_time_bound_what_is_shown(redis: Redis, server: httpx.AsyncClient) -> None:
    await published(redis, [a_broker()])
    await append_event(redis, "old")
    await asyncio.sleep(0.01)
    first = await append_event(redis, "new")
    await append_event(redis, "newest")
    since_ms = int(first.split(b"-")[0])
    moment = (
        f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(since_ms // 1000))}.{since_ms % 1000:03}Z"
    )

    assert [each["attributes"]["id"] for each in await _kept(server, since=moment)] == [
        "new",
        "newest",
    ]
    assert len(await _kept(server, since="1h", limit=2)) == 2
    assert await _kept(server) == []


async def test_a_stream_goes_on_behind_what_was_seen(
    redis: Redis, server: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker(partitions=2)])
    async with watching(server) as stream:
        positions = dict(
            place.split(":", 1) for place in stream.answer.headers["poplin-position"].split(",")
        )
        await append_event(redis, "seen")
        seen = await stream.next()
    positions["0"] = seen["logId"].split(":", 1)[1]
    await append_event(redis, "missed", partition=1)
    after = ",".join(f"{partition}:{log_id}" for partition, log_id in positions.items())

    async with watching(server, after=after) as stream:
        assert await stream.ids(1) == ["missed"]


async def test_a_partition_that_is_added_is_followed_too(
    redis: Redis, server: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker()])
    async with watching(server) as stream:
        await published(redis, [a_broker(partitions=2)])
        await append_event(redis, "late", partition=1)

        assert await stream.ids(1) == ["late"]


async def test_a_stream_ends_when_its_broker_is_gone(
    redis: Redis, server: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker()])
    async with watching(server) as stream:
        await published(redis, [])
        async with asyncio.timeout(5):
            rest = [line async for line in stream.answer.aiter_lines()]

    assert rest == []


async def test_a_reader_that_does_not_read_holds_nobody_and_nothing(
    redis: Redis, server: httpx.AsyncClient, console: Console
) -> None:
    """64 MiB wait for each of four readers who take nothing."""
    await published(redis, [a_broker()])
    log = Log(redis, "default/main")
    attributes = b'{"specversion":"1.0","id":"e","type":"t","source":"/s"}'
    for _ in range(64):
        await log.append([Entry(attributes, None, b"x" * (1 << 20))])
    before = psutil.Process(console.process.pid).memory_info().rss
    readers = []
    for _ in range(4):
        reader, writer = await asyncio.open_connection("127.0.0.1", console.port)
        writer.write(b"GET %b?since=1h HTTP/1.1\r\nHost: localhost\r\n\r\n" % PATH.encode())
        await reader.readexactly(100)
        readers.append(writer)
    took = []
    for _ in range(20):
        began = time.monotonic()
        assert (await server.get("/brokers")).status_code == 200
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    after = psutil.Process(console.process.pid).memory_info().rss
    for writer in readers:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    assert sorted(took)[10] < 0.25, took
    assert after - before < 48 << 20


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"filter": "{"}, "query filter"),
        ({"filter": "[{}]"}, "query filter[0]"),
        ({"filter": '"x"'}, "query filter"),
        ({"filter": '[{"cesql": "a AND"}]'}, "query filter[0].cesql"),
        ({"filter": "[" * 2000}, "query filter"),
        ({"since": "yesterday"}, "query since"),
        ({"since": "2026-01-01T00:00:00"}, "query since"),
        ({"after": "0:1"}, "query after"),
        ({"limit": "-1"}, "query limit"),
        ({"follow": "perhaps"}, "query follow"),
    ],
)
async def test_a_bad_parameter_is_named_before_anything_is_sent(
    redis: Redis, client: httpx.AsyncClient, params: dict[str, str], named: str
) -> None:
    await published(redis, [a_broker()])

    answer = await client.get(PATH, params=params)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(named)


async def test_an_unknown_broker_gets_the_nearest(redis: Redis, client: httpx.AsyncClient) -> None:
    await published(redis, [a_broker()])

    answer = await client.get("/brokers/default/mian/events")

    assert (answer.status_code, answer.json()["nearest"]) == (404, ["default/main"])

"""`/trace`: what the core knows of an event, over HTTP."""

from urllib.parse import quote

import httpx
import pytest
from redis.asyncio import Redis

from poplin.log import Burial, Held, Log
from tests.console.helpers import a_broker, a_trigger, append_event, published
from tests.log.helpers import routed

GRAVE = (
    b'{"reason": "answered 500", "status": 500, "destination": "http://subscriber/", '
    b'"attempts": 2, "first_us": 1700000000000000, "last_us": 1700000001500000}'
)


@pytest.mark.parametrize("event_id", ["plain", "a/b", "../x?y=1&z#f", "%2F", "é 雪", ".", "a//b/"])
async def test_an_event_is_found_by_whatever_id_it_has(
    redis: Redis, client: httpx.AsyncClient, event_id: str
) -> None:
    await published(redis, [a_broker()], [a_trigger("t")])
    await append_event(redis, event_id)

    by_query = (await client.get("/trace", params={"id": event_id})).json()
    by_path = (await client.get(f"/trace/{quote(event_id, safe='')}")).json()

    assert [each["broker"] for each in by_query["events"]] == ["default/main"]
    if event_id != ".":  # which a path leaves out
        assert by_path == by_query


async def test_a_dead_letter_shows_its_grave_and_a_filtered_one_why(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker()], [a_trigger("t"), a_trigger("u")])
    log = Log(redis, "default/main")
    log_id = await append_event(redis, "e", kind="wanted")
    token = await routed(log, log_id, {"uid-t": [log_id]}, leased=1)
    await log.bury([Burial(Held("uid-t", log_id, token), GRAVE, has_sink=False)])
    other = await append_event(redis, "f", kind="unwanted")
    await routed(log, other, {})

    (dead,) = (await client.get("/trace/e")).json()["events"]
    (filtered,) = (await client.get("/trace/f")).json()["events"]

    match = {each["trigger"]: each for each in dead["matches"]}["default/t"]
    assert dead["logId"] == f"0:{log_id.decode()}"
    assert match["outcome"] == "dead"
    letter = await client.get(f"/triggers/default/t/dead-letters/{dead['logId']}")
    assert match["grave"] == letter.json()["grave"]
    assert match["grave"]["last"] == "2023-11-14T22:13:21.500Z"
    assert {each["outcome"] for each in filtered["matches"]} == {"filtered"}
    assert "filters[0].exact.type" in filtered["matches"][0]["why"]


async def test_source_and_broker_narrow_a_trace(redis: Redis, client: httpx.AsyncClient) -> None:
    await published(redis, [a_broker(), a_broker("other")])
    await append_event(redis, "e")

    async def count(**params: str) -> int:
        return len((await client.get("/trace", params={"id": "e", **params})).json()["events"])

    assert await count() == 1
    assert await count(source="/test") == 1
    assert await count(source="/elsewhere") == 0
    assert await count(broker="default/main") == 1
    assert await count(broker="default/other") == 0


async def test_an_unknown_broker_is_not_an_unknown_event(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker()])

    answer = await client.get("/trace", params={"id": "e", "broker": "default/mian"})

    assert answer.status_code == 404
    assert answer.json()["nearest"] == ["default/main"]


async def test_an_event_that_nobody_knows_is_no_error(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker()])

    answer = await client.get("/trace/nobody")

    assert (answer.status_code, answer.json()["events"]) == (200, [])

"""What a subscriber sees, through the whole fabric."""

import asyncio
import json
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.fabric import (
    Fabric,
    Received,
    Subscriber,
    broker_yaml,
    event_headers,
    subscriber,
    trigger_yaml,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

SINK = "  delivery:\n    {}\n    deadLetterSink: {{uri: '{}/dead'}}\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(peer: Subscriber, folder: Path) -> AsyncIterator[Fabric]:
    listener = socket.create_server(("127.0.0.1", 0))  # accepts and never answers
    silent = listener.getsockname()[1]
    quick = "retry: 2\n    backoffPolicy: linear\n    backoffDelay: PT0.05S"
    yaml = (
        broker_yaml()
        + trigger_yaml("plain", f"{peer.url}/plain")
        + trigger_yaml(
            "sunk", f"{peer.url}/sunk", kind="test.sunk", more=SINK.format(quick, peer.url)
        )
        + trigger_yaml(
            "silent",
            f"http://127.0.0.1:{silent}/",
            kind="test.silent",
            more=SINK.format("timeout: PT0.2S", peer.url),
        )
        + trigger_yaml("replied", f"{peer.url}/replied", kind="test.reply")
        + trigger_yaml(
            "json", f"{peer.url}/json", kind="test.json", more="  delivery: {format: json}\n"
        )
    )
    async with Fabric.up(folder, yaml) as each:
        yield each
    listener.close()


@pytest.fixture(autouse=True)
def _fresh(peer: Subscriber) -> None:
    peer.received.clear()
    peer.answer = lambda _: (202, "", b"")


async def test_an_event_arrives_byte_for_byte(fabric: Fabric, peer: Subscriber) -> None:
    data = b'{"n": 1.10, "big": 18446744073709551617}\r\n\x00\xff'
    headers = event_headers(
        "1", **{"x-request-id": "r1", "knative-x": "y", "x-custom": "gone", "ce-ext": "a%20b"}
    )

    answer = await fabric.post("/default/main", headers, data)

    (received,) = await peer.wait_for(1)
    assert answer.status_code == 202
    assert received.path == "/plain"
    assert received.data == data
    assert received.headers["ce-id"] == "1"
    assert received.headers["ce-ext"] == "a%20b"
    assert received.headers["x-request-id"] == "r1"
    assert received.headers["knative-x"] == "y"
    assert received.headers["prefer"] == "reply"
    assert received.headers["kn-namespace"] == "default"
    assert "ce-knativearrivaltime" in received.headers
    assert "ce-knativebrokerttl" not in received.headers
    assert "x-custom" not in received.headers


async def test_a_structured_event_keeps_the_bytes_of_its_data(
    fabric: Fabric, peer: Subscriber
) -> None:
    body = b'{"specversion":"1.0","id":"1","type":"test.wanted","source":"/s","n":7,"data":{"x": 1e400}}'

    await fabric.post("/default/main", {"content-type": "application/cloudevents+json"}, body)

    (received,) = await peer.wait_for(1)
    assert received.data == b'{"x": 1e400}'
    assert received.headers["ce-n"] == "7"
    assert received.headers["content-type"] == "application/json"


async def test_format_json_delivers_in_structured_mode(fabric: Fabric, peer: Subscriber) -> None:
    await fabric.post("/default/main", event_headers("1", "test.json"), b'{"x": 1.10}')

    (received,) = await peer.wait_for(1)
    assert received.headers["content-type"] == "application/cloudevents+json"
    assert b'"data":{"x": 1.10}' in received.data
    assert json.loads(received.data)["id"] == "1"


@pytest.mark.parametrize(
    ("status", "attempts"),
    [
        (302, 1),
        (400, 1),
        (401, 1),
        (410, 1),
        (422, 1),
        (404, 3),
        (408, 3),
        (409, 3),
        (429, 3),
        (500, 3),
        (503, 3),
    ],
)
async def test_a_failure_is_tried_as_often_as_its_status_says_then_dead_lettered(
    fabric: Fabric, peer: Subscriber, status: int, attempts: int
) -> None:
    peer.answer = lambda request: (
        (202, "", b"") if request.path == "/dead" else (status, "", b"why not")
    )

    await fabric.post("/default/main", event_headers("1", "test.sunk"), b"payload")

    received = await peer.wait_for(attempts + 1)
    assert [each.path for each in received] == ["/sunk"] * attempts + ["/dead"]
    dead = received[-1]
    assert dead.data == b"payload"
    assert dead.headers["ce-knativeerrorcode"] == str(status)
    assert dead.headers["ce-knativeerrordest"] == f"{peer.url}/sunk"
    assert dead.headers["ce-knativeerrordata"] == b64encode(b"why not").decode()
    assert dead.headers["ce-knativebrokerttl"] == "255"
    assert "prefer" not in dead.headers


async def test_a_dead_letter_waits_for_its_sink_to_be_up(fabric: Fabric, peer: Subscriber) -> None:
    def answer(request: Received) -> tuple[int, str, bytes]:
        if request.path != "/dead":
            return 400, "", b"never"
        return (503 if len(peer.received) < 4 else 202), "", b""

    peer.answer = answer
    await fabric.post("/default/main", event_headers("1", "test.sunk"))

    received = await peer.wait_for(4)
    assert [each.path for each in received] == ["/sunk", "/dead", "/dead", "/dead"]
    assert {each.headers["ce-knativeerrordata"] for each in received[1:]} == {
        b64encode(b"never").decode()
    }


async def test_a_timeout_is_reported_as_500(fabric: Fabric, peer: Subscriber) -> None:
    await fabric.post("/default/main", event_headers("1", "test.silent"))

    (dead,) = await peer.wait_for(1)
    assert dead.path == "/dead"
    assert dead.headers["ce-knativeerrorcode"] == "500"


async def test_a_reply_is_an_event_of_the_broker(fabric: Fabric, peer: Subscriber) -> None:
    def answer(request: Received) -> tuple[int, str, bytes]:
        if request.path != "/replied":
            return 202, "", b""
        lines = "ce-specversion: 1.0\r\nce-id: r\r\nce-type: test.wanted\r\nce-source: /reply\r\n"
        return 200, lines, b"the reply"

    peer.answer = answer
    await fabric.post("/default/main", event_headers("1", "test.reply"))

    received = await peer.wait_for(2)
    assert [each.path for each in received] == ["/replied", "/plain"]
    assert received[1].data == b"the reply"
    assert received[1].headers["ce-id"] == "r"


async def test_a_batch_is_delivered_event_by_event(fabric: Fabric, peer: Subscriber) -> None:
    element = (
        '{{"specversion":"1.0","id":"{}","type":"test.wanted","source":"/s","data":{{"x": 1.10}}}}'
    )
    body = f"[{','.join(element.format(number) for number in range(300))}]".encode()

    answer = await fabric.post(
        "/default/main", {"content-type": "application/cloudevents-batch+json"}, body
    )

    received = await peer.wait_for(300)
    assert answer.status_code == 202
    assert {each.headers["ce-id"] for each in received} == {str(number) for number in range(300)}
    assert {each.data for each in received} == {b'{"x": 1.10}'}


async def test_ignored_answers_are_shown_on_the_trigger(fabric: Fabric, peer: Subscriber) -> None:
    peer.answer = lambda _: (200, "content-type: text/plain\r\n", b"OK")
    before = await _ignored(fabric)

    await fabric.post("/default/main", event_headers("1"))

    async with asyncio.timeout(10):
        while await _ignored(fabric) == before:  # noqa: ASYNC110 - another process counts
            await asyncio.sleep(0.1)
    assert await _ignored(fabric) == before + 1


async def _ignored(fabric: Fabric) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        triggers = (await client.get(f"{fabric.admin_url}/triggers")).json()["items"]
    return next(int(each["ignoredAnswers"]) for each in triggers if each["name"] == "plain")


async def test_a_malformed_reply_is_a_failure_and_a_plain_body_is_not(
    fabric: Fabric, peer: Subscriber
) -> None:
    def answer(request: Received) -> tuple[int, str, bytes]:
        if request.headers["ce-id"] == "bad":
            return 200, "ce-specversion: 1.0\r\n", b""
        return 200, "content-type: text/plain\r\n", b"OK"

    peer.answer = answer
    await fabric.post("/default/main", event_headers("fine"))
    await peer.wait_for(1)
    await fabric.post("/default/main", event_headers("bad"))

    received = await peer.wait_for(4)
    assert [each.headers["ce-id"] for each in received] == ["fine", "bad", "bad", "bad"]

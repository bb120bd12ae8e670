"""The ingress's answers, through the whole fabric."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.fabric import Fabric, broker_yaml, event_headers

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINIMAL = b'{"specversion":"1.0","id":"1","source":"/s","type":"t"}'
BATCH = {"content-type": "application/cloudevents-batch+json"}
WITHOUT_ID = {name: value for name, value in event_headers("1").items() if name != "ce-id"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(folder: Path) -> AsyncIterator[Fabric]:
    async with Fabric.up(folder, broker_yaml(), "--max-event-bytes", "100000") as each:
        yield each


async def test_every_request_gets_the_answer_of_the_contract(fabric: Fabric) -> None:
    cases: list[tuple[str, str, dict[str, str], bytes, int]] = [
        ("POST", "/default/main", event_headers("1"), b"{}", 202),
        ("POST", "/default/main/", event_headers("1"), b"", 202),
        ("POST", "/default/main", event_headers("1", **{"ce-knativebrokerttl": "2"}), b"", 202),
        ("POST", "/default/main", event_headers("1", **{"ce-knativebrokerttl": "x"}), b"", 202),
        ("POST", "/default/main", event_headers("1", **{"ce-knativebrokerttl": "1"}), b"", 400),
        ("POST", "/default/other", event_headers("1", **{"ce-knativebrokerttl": "1"}), b"", 404),
        ("POST", "/default/main", WITHOUT_ID, b"{}", 400),
        ("POST", "/default/other", WITHOUT_ID, b"{}", 400),
        ("POST", "/default/other", event_headers("1"), b"{}", 404),
        ("POST", "/default/main?x=1", event_headers("1"), b"{}", 404),
        ("POST", "/", event_headers("1"), b"{}", 404),
        ("POST", "/default", event_headers("1"), b"{}", 400),
        ("POST", "/default/main/more", event_headers("1"), b"{}", 400),
        ("POST", "/default/main", event_headers("1"), b"x" * 100_000, 413),
        ("GET", "/default/main", {}, b"", 405),
        ("PUT", "/default/main", {}, b"", 405),
        ("DELETE", "/default/main", {}, b"", 405),
        ("OPTIONS", "/default/main", {}, b"", 200),
        ("OPTIONS", "/", {}, b"", 200),
        ("PATCH", "/default/main", {}, b"", 405),
        ("HEAD", "/default/main", {}, b"", 405),
        ("POST", "/default/main", BATCH, b"[]", 202),
        ("POST", "/default/other", BATCH, b"[]", 404),
        ("POST", "/default/main", BATCH, b"[1]", 400),
        ("POST", "/default/main", BATCH, b"[%b]" % b",".join([MINIMAL] * 2), 202),
        ("POST", "/default/main", BATCH, b"[%b]" % b",".join([MINIMAL] * 1001), 413),
        ("GET", "/anything", {"user-agent": "kube-probe/1.30"}, b"", 200),
        ("GET", "/", {"k-network-probe": "probe", "k-network-hash": "h"}, b"", 200),
        ("POST", "/", {"k-network-probe": "probe"}, b"", 400),
        ("GET", "/default/main", {"k-network-probe": "other"}, b"", 405),
        ("GET", "/x", {"user-agent": "kube-probe/1", "k-network-probe": "other"}, b"", 200),
        ("GET", "/livez", {}, b"", 200),
        ("GET", "/readyz", {}, b"", 200),
    ]
    async with httpx.AsyncClient(base_url=fabric.url, trust_env=False) as client:
        for method, path, headers, data, status in cases:
            answer = await client.request(method, path, headers=headers, content=data)
            assert answer.status_code == status, (method, path, headers, answer.text)
            is_bare = "k-network-probe" in headers and path == "/"
            if status >= 400 and not is_bare and method != "HEAD":
                assert answer.headers["content-type"] == "application/problem+json"
                assert answer.json()["detail"]
            if path.startswith("/default"):
                assert answer.headers["allow"] == "POST, OPTIONS"


async def test_an_element_of_a_batch_without_hops_is_named(fabric: Fabric) -> None:
    tired = MINIMAL.replace(b"}", b',"knativebrokerttl":1}')

    answer = await fabric.post("/default/main", BATCH, b"[%b,%b]" % (MINIMAL, tired))

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("element [1] of the batch: attribute 'knativebroker")


async def test_a_probe_gets_its_hash_back_and_no_allow(fabric: Fabric) -> None:
    headers = {"k-network-probe": "probe", "k-network-hash": "abc"}
    async with httpx.AsyncClient(base_url=fabric.url, trust_env=False) as client:
        answer = await client.get("/", headers=headers)

    assert (answer.headers["k-network-hash"], answer.content) == ("abc", b"")
    assert "allow" not in answer.headers


async def test_a_refusal_names_the_attribute(fabric: Fabric) -> None:
    answer = await fabric.post("/default/main", WITHOUT_ID)

    assert answer.json() == {
        "title": "Bad Request",
        "status": 400,
        "detail": "attribute 'id' is missing; a CloudEvent needs a non-empty id",
    }


async def test_a_chunked_body_over_the_limit_is_413(fabric: Fabric) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(110):
            yield b"x" * 1000

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(
            fabric.url + "/default/main", headers=event_headers("1"), content=chunks()
        )

    assert answer.status_code == 413

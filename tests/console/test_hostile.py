"""Hostile input on every route and parameter: a problem with a 4xx, never a 500."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from console.app import console_app
from console.bounds import MOST_BODY_BYTES
from poplin.catalog import write_sources
from poplin.log import Burial, Held, Log
from tests.console.helpers import a_broker, a_source, a_trigger, append_event, published
from tests.console.test_traces import GRAVE
from tests.log.helpers import routed

EXAMPLES = int(os.environ.get("POPLIN_HOSTILE_EXAMPLES", "300"))
_TEXTS = st.text(max_size=60) | st.sampled_from(
    [
        "\x00", "../../etc/passwd", "%00", "%", "a" * 3000, "-1", "9" * 400, "1e309", "NaN",
        "[" * 500, "{}" * 50, '[{"exact": {"type": 1}}]', '[{"all": []}]', "null", "[null]",
        '[{"cesql": "' + "(" * 2000 + '"}]', "0:0-0", "63:" + "9" * 20 + "-" + "9" * 20, "99:1-1",
        "P1000000D", "999999d", "9999-12-31T23:59:59+23:59", "0001-01-01T00:00:00-23:59",
        "0001-01-01T00:00:00Z", "2026-01-01T00:00:00Z", "1h", "true", "default/main", "\ud7ff",
    ]
)  # fmt: skip
_BODIES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


def _operations(
    app_schema: dict[str, Any],
) -> Iterator[tuple[str, str, list[dict[str, Any]], list[str]]]:
    """Method, path, parameters, and the fields of the body."""
    models = app_schema["components"]["schemas"]
    for path, methods in app_schema["paths"].items():
        for method, operation in methods.items():
            fields: list[str] = []
            if body := operation.get("requestBody"):
                schema = body["content"]["application/json"]["schema"]
                name = schema.get("$ref", "").rpartition("/")[2]
                fields = list(models.get(name, {}).get("properties", {}))
            yield method.upper(), path, operation.get("parameters", []), fields


_OPERATIONS = list(_operations(console_app(Redis()).openapi()))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, dict[str, str], Any]:
    """One thing in it is hostile: with several, the first that is refused would hide the others."""
    method, path, parameters, fields = draw(st.sampled_from(_OPERATIONS))
    names = [each["name"] for each in parameters]
    hostile = draw(st.sampled_from([*names, *(["body"] if fields else [])] or [""]))
    query: dict[str, str] = {"follow": "false"} if "follow" in names else {}  # or it never ends
    for each in parameters:
        name, is_hostile = each["name"], each["name"] == hostile
        known = {"namespace": "default", "name": "main" if "/brokers" in path else "t"}
        text = draw(_TEXTS) if is_hostile else known.get(name, "e")
        if each["in"] == "path":
            path = re.sub(rf"\{{{name}(:path)?\}}", lambda _: quote(text, safe=""), path)  # noqa: B023
        elif is_hostile and name != "follow":
            query[name] = text
    body: Any = {"trigger": "t"} if "trigger" in fields else {}
    if hostile == "body":
        odd = st.fixed_dictionaries({}, optional=dict.fromkeys(fields, _BODIES))
        body = draw(_BODIES | odd.map(lambda more: {**body, **more}))
    return method, path, query, body


@pytest.mark.timeout(240)
async def test_hostile_input_gets_a_problem_and_never_a_fault(redis: Redis) -> None:
    await published(redis, [a_broker()], [a_trigger("t")])
    await write_sources(redis, [a_source("t")])
    await append_event(redis, "e")
    transport = httpx.ASGITransport(console_app(redis), raise_app_exceptions=False)
    found: list[tuple[Any, int, str]] = []
    cases: list[tuple[str, str, dict[str, str], Any]] = []

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(requests())
    def collect(case: tuple[str, str, dict[str, str], Any]) -> None:
        cases.append(case)

    collect()
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        for method, path, query, body in cases:
            content = {"json": body} if method == "POST" else {}
            answer = await client.request(method, path, params=query, **content)
            is_problem = answer.headers.get("content-type") == "application/problem+json"
            if answer.status_code >= 500 or (answer.status_code >= 400 and not is_problem):
                found.append(((method, path[:80], query, body), answer.status_code, answer.text))
            assert answer.status_code != 422

    assert found == []
    assert {path for _, path, _, _ in _OPERATIONS} >= {
        "/brokers",
        "/triggers",
        "/sources",
        "/trace",
    }


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/brokers", b"", 405),
        ("DELETE", "/triggers/default/t", b"", 405),
        ("GET", "/nowhere", b"", 404),
        ("POST", "/triggers/default/t/dead-letters/redrive", b"{", 400),
        ("POST", "/triggers/default/t/dead-letters/redrive", b"\xff", 400),
        ("POST", "/triggers/default/t/dead-letters/redrive", b"[" * 100_000, 400),
    ],
)
async def test_what_is_no_request_of_ours_is_a_problem(
    redis: Redis, client: httpx.AsyncClient, method: str, path: str, content: bytes, status: int
) -> None:
    await published(redis, [a_broker()], [a_trigger("t")])

    answer = await client.request(
        method, path, content=content, headers={"content-type": "application/json"}
    )

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


_PURGE = "/triggers/default/t/dead-letters/purge"
_REPLAY = "/brokers/default/main/replay"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (_PURGE, {"before": "9999-12-31T23:59:59-23:59"}, "before"),
        (_PURGE, {"before": "999999d"}, "before"),
        (_REPLAY, {"trigger": "t", "since": "999999d"}, "since"),
        (_REPLAY, {"trigger": "t", "until": "9999-12-31T23:59:59-23:59"}, "until"),
        (_REPLAY, {"trigger": "t", "after": "0:0-99999999999999999999"}, "after"),
        (
            _REPLAY,
            {"trigger": "t", "after": "0:18446744073709551615-18446744073709551615"},
            "after",
        ),
    ],
)
async def test_what_cannot_be_answered_is_refused_before_anything_is_done(
    redis: Redis, client: httpx.AsyncClient, path: str, body: dict[str, str], field: str
) -> None:
    await published(redis, [a_broker()], [a_trigger("t")])
    log_id = await append_event(redis, "e")
    log = Log(redis, "default/main")
    token = await routed(log, log_id, {"uid-t": [log_id]}, leased=1)
    await log.bury([Burial(Held("uid-t", log_id, token), GRAVE, has_sink=False)])

    answer = await client.post(path, json=body)

    assert (answer.status_code, answer.json()["status"]) == (400, 400)
    assert answer.json()["detail"].startswith(f"body {field}: ")
    left = await client.get("/triggers/default/t/dead-letters")
    assert len(left.json()["items"]) == 1


@pytest.mark.parametrize(
    "place", ["0:0-99999999999999999999", "0:18446744073709551615-18446744073709551615"]
)
async def test_a_stream_does_not_begin_behind_ids_that_the_store_has_not(
    redis: Redis, client: httpx.AsyncClient, place: str
) -> None:
    await published(redis, [a_broker()])

    answer = await client.get(
        "/brokers/default/main/events", params={"after": place, "follow": "false"}
    )

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("query after: ")


async def test_where_a_stream_began_is_taken_to_go_on(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await published(redis, [a_broker()])
    path = "/brokers/default/main/events"

    first = await client.get(path, params={"since": "1h", "follow": "false"})
    position = first.headers["poplin-position"]
    again = await client.get(path, params={"after": position, "follow": "false"})

    assert again.status_code == 200
    assert again.headers["poplin-position"] == position


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "http://]"])
async def test_an_origin_that_is_no_url_is_another_origin(
    client: httpx.AsyncClient, origin: str
) -> None:
    answer = await client.get("/brokers", headers={"origin": origin})

    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("is_chunked", [False, True])
async def test_a_body_is_read_up_to_its_limit(
    redis: Redis, server: httpx.AsyncClient, is_chunked: bool
) -> None:
    await published(redis, [a_broker()], [a_trigger("t")])

    async def chunks(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 1024):
            yield b" " * 1024
        yield b"{}"

    async def purge(size: int) -> httpx.Response:
        content = chunks(size) if is_chunked else b" " * size + b"{}"
        headers = {"content-type": "application/json"}
        return await server.post(_PURGE, content=content, headers=headers)

    refused = await purge(MOST_BODY_BYTES)
    taken = await purge(MOST_BODY_BYTES - 1024)

    assert (refused.status_code, taken.status_code) == (413, 200)
    assert refused.headers["content-type"] == "application/problem+json"
    assert "1,048,576 bytes" in refused.json()["detail"]

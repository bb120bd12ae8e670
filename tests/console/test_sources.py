"""`/sources`: pages, figures and refusals."""

from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from poplin.catalog import Condition, leave_sources, write_sources
from poplin.metrics import Counts, Flusher
from poplin.resources.source_models import SOURCE_KINDS
from sources.tally import Tally
from tests.console.helpers import a_source

HUB = a_source("hub", webhook_id="42", lag_s=1.5, observed_generation=3, warnings=("old",))
INVALID = (Condition("Ready", "False", "Invalid", "another source has its path"),)


async def _names(client: httpx.AsyncClient, **params: str) -> list[str]:
    items = (await client.get("/sources", params=params)).json()["items"]
    return [f"{each['namespace']}/{each['name']}" for each in items]


async def test_a_source_is_shown_as_its_service_sees_it(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await write_sources(redis, [HUB])

    view = (await client.get("/sources/default/hub")).json()

    assert view == {
        "kind": "GitHubSource",
        "apiVersion": "sources.knative.dev/v1alpha1",
        "namespace": "default",
        "name": "hub",
        "ready": "True",
        "reason": "",
        "message": "",
        "sinkUri": "http://127.0.0.1:8080/default/main",
        "url": "http://127.0.0.1:8082/default/hub",
        "settings": {"Repository": "o/r", "Events": "push", "Secrets": "hub/token"},
        "warnings": ["old"],
        "lag": 1.5,
        "counts": {
            "received": 0,
            "refused": 0,
            "refusedFor": {},
            "emitted": 0,
            "sinkFailures": 0,
            "relists": 0,
            "found": 0,
            "ticksMissed": 0,
        },
        "status": {
            "observedGeneration": 3,
            "conditions": [
                {"type": "Ready", "status": "True"},
                {"type": "SinkProvided", "status": "True"},
                {"type": "SecretsProvided", "status": "True"},
            ],
            "ceAttributes": [
                {"type": "dev.knative.source.github.push", "source": "https://github.com/o/r"}
            ],
            "sinkUri": "http://127.0.0.1:8080/default/main",
            "webhookIDKey": "42",
        },
    }


async def test_what_is_not_known_is_left_out_of_its_status(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    bare = a_source("bare", sink_uri=None, url=None, ce_attributes=())
    sourceless = a_source("sourceless", ce_attributes=(("t", ""),))
    await write_sources(redis, [bare, sourceless])

    view = (await client.get("/sources/default/bare")).json()
    other = (await client.get("/sources/default/sourceless")).json()

    assert (view["sinkUri"], view["url"], view["lag"]) == ("", "", None)
    assert view["status"].keys() == {"observedGeneration", "conditions"}
    assert other["status"]["ceAttributes"] == [{"type": "t"}]


async def test_each_source_shows_what_it_counted(redis: Redis, client: httpx.AsyncClient) -> None:
    await write_sources(redis, [HUB, a_source("idle")])
    counts = Counts()
    tally = Tally(counts)
    for _ in range(3):
        tally.received(HUB.key)
    tally.refused(HUB.key, "bad_signature")
    tally.refused(HUB.key, "bad_signature")
    tally.refused(HUB.key, "too_large")
    tally.refused(None, "unknown_source")
    tally.sink_failed(HUB.key, "connect")
    tally.sink_failed(HUB.key, "5xx")
    tally.emitted(HUB.key, 0.1)
    await Flusher(redis, counts).flush()

    hub, idle = (await client.get("/sources")).json()["items"]

    assert hub["counts"] == {
        "received": 3,
        "refused": 3,
        "refusedFor": {"bad_signature": 2, "too_large": 1},
        "emitted": 1,
        "sinkFailures": 2,
        "relists": 0,
        "found": 0,
        "ticksMissed": 0,
    }
    assert idle["counts"]["received"] == 0


async def test_what_was_not_seen_in_time_is_counted_too(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    pods, night = a_source("pods", "ApiServerSource"), a_source("night", "PingSource")
    await write_sources(redis, [pods, night])
    counts = Counts()
    tally = Tally(counts)
    tally.relisted(pods.key)
    tally.found(pods.key, 7)
    tally.missed(night.key, 5)
    await Flusher(redis, counts).flush()

    of_night, of_pods = (
        {name: each["counts"][name] for name in ("relists", "found", "ticksMissed")}
        for each in (await client.get("/sources")).json()["items"]
    )

    assert of_pods == {"relists": 1, "found": 7, "ticksMissed": 0}
    assert of_night == {"relists": 0, "found": 0, "ticksMissed": 5}


async def test_without_their_service_nobody_knows_whether_they_are_ready(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    """What it said last is still there to look at."""
    await write_sources(redis, [HUB])
    await leave_sources(redis)

    view = (await client.get("/sources/default/hub")).json()

    assert (view["ready"], view["reason"]) == ("Unknown", "NotServed")
    assert view["message"].startswith("no sources service answers; start poplin up")
    conditions = [(each["type"], each["status"]) for each in view["status"]["conditions"]]
    assert conditions == [
        ("Ready", "Unknown"),
        ("SinkProvided", "True"),
        ("SecretsProvided", "True"),
    ]
    assert view["url"] == HUB.url


async def test_lists_are_narrowed_by_namespace_and_kind(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await write_sources(
        redis,
        [a_source("a"), a_source("b", "WebhookSource"), a_source("c", namespace="shop")],
    )

    assert await _names(client) == ["default/a", "default/b", "shop/c"]
    assert await _names(client, namespace="shop") == ["shop/c"]
    assert await _names(client, kind="WebhookSource") == ["default/b"]
    assert await _names(client, namespace="shop", kind="WebhookSource") == []


async def test_pages_hold_every_source_once(redis: Redis, client: httpx.AsyncClient) -> None:
    """More of them than one call to the store asks the counts of, and two of one name."""
    await write_sources(
        redis, [a_source("s00", "WebhookSource"), *(a_source(f"s{n:02}") for n in range(50))]
    )
    found: list[dict[str, Any]] = []
    token = ""
    while not found or token:
        page = (await client.get("/sources", params={"limit": 30, "continue": token})).json()
        found += page["items"]
        token = page["continue"]

    names = [(each["name"], each["kind"]) for each in found]
    assert names == [
        ("s00", "GitHubSource"),
        ("s00", "WebhookSource"),
        *((f"s{n:02}", "GitHubSource") for n in range(1, 50)),
    ]


async def test_of_two_of_one_name_the_one_that_is_served_answers_to_it(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await write_sources(redis, [a_source("x", conditions=INVALID), a_source("x", "WebhookSource")])

    meant = (await client.get("/sources/default/x")).json()
    other = (await client.get("/sources/default/x", params={"kind": "GitHubSource"})).json()

    assert (meant["kind"], other["kind"]) == ("WebhookSource", "GitHubSource")
    assert other["reason"] == "Invalid"


@pytest.mark.parametrize("conditions", [(Condition("Ready", "True"),), INVALID])
async def test_of_two_of_one_name_that_fare_alike_neither_is_taken_for_the_other(
    redis: Redis, client: httpx.AsyncClient, conditions: tuple[Condition, ...]
) -> None:
    kinds = ("GitHubSource", "PingSource")
    await write_sources(redis, [a_source("x", kind, conditions=conditions) for kind in kinds])

    either = await client.get("/sources/default/x")
    timer = await client.get("/sources/default/x", params={"kind": "PingSource"})

    assert either.status_code == 409
    assert either.json()["detail"] == (
        "GitHubSource and PingSource have the name default/x; give the kind, as ?kind=GitHubSource "
        "or --kind GitHubSource"
    )
    assert timer.json()["kind"] == "PingSource"


async def test_a_source_that_acts_by_itself_has_no_url(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    pods = a_source(
        "pods",
        "ApiServerSource",
        url=None,
        ce_attributes=(("dev.knative.apiserver.ref.add", ""),),
        settings=(("Resources", "v1 Pod"),),
        namespaces=("",),
    )
    await write_sources(redis, [pods])

    (view,) = (await client.get("/sources", params={"kind": "ApiServerSource"})).json()["items"]

    assert (view["url"], view["kind"], view["ready"]) == ("", "ApiServerSource", "True")
    assert view["status"]["namespaces"] == [""]
    assert view["status"]["ceAttributes"] == [{"type": "dev.knative.apiserver.ref.add"}]


async def test_the_api_says_which_kinds_there_are(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]

    for path in ("/sources", "/sources/{namespace}/{name}"):
        (kind,) = [each for each in paths[path]["get"]["parameters"] if each["name"] == "kind"]
        assert set(SOURCE_KINDS) == set(kind["schema"]["anyOf"][0]["enum"])


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("/sources/default/hbu", ["default/hub"]),
        ("/sources/shop/hub", ["default/hub"]),
        ("/sources/default/zzzzzzzz", None),
        ("/sources/default/hub?kind=WebhookSource", None),
    ],
)
async def test_an_unknown_name_gets_the_nearest(
    redis: Redis, client: httpx.AsyncClient, path: str, nearest: list[str] | None
) -> None:
    await write_sources(redis, [HUB])

    answer = await client.get(path)

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("there is no source ")
    assert answer.json().get("nearest") == nearest


async def test_a_kind_that_there_is_not_is_refused_with_those_that_there_are(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/sources", params={"kind": "GithubSource"})

    assert answer.status_code == 400
    assert "query kind: " in answer.json()["detail"]
    assert "'GitHubSource'" in answer.json()["detail"]


async def test_the_index_names_them(client: httpx.AsyncClient) -> None:
    assert (await client.get("/")).json()["sources"] == "/sources"

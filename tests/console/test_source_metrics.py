"""`/metrics` on sources."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord, Condition, leave_sources, publish, write_sources
from poplin.metrics import Counts, Flusher
from poplin.metrics.families import (
    SOURCE_EMIT_DURATION,
    SOURCE_EMITTED,
    SOURCE_FOUND,
    SOURCE_LAG,
    SOURCE_READY,
    SOURCE_RECEIVED,
    SOURCE_REFUSED,
    SOURCE_RELISTS,
    SOURCE_SINK_FAILURES,
    SOURCES_UP,
)
from tests.console.helpers import a_source
from tests.metrics.page import Page
from tests.metrics.promql import Question, questions_of_alerts, questions_of_board

OF_HUB = {"source_kind": "GitHubSource", "namespace_name": "default", "source_name": "hub"}
HUB = "GitHubSource/default/hub"
NOT_READY = (Condition("Ready", "False", "SecretNotFound", "Secret hub is not there"),)


async def _page(client: httpx.AsyncClient) -> Page:
    return Page((await client.get("/metrics")).text)


async def test_what_a_source_counted_is_shown(redis: Redis, client: httpx.AsyncClient) -> None:
    await write_sources(redis, [a_source("hub")])
    counts = Counts()
    counts.add((SOURCE_RECEIVED, HUB), 3)
    counts.add((SOURCE_REFUSED, HUB, "bad_signature"), 2)
    counts.add((SOURCE_REFUSED, "//", "unknown_source"), 7)
    counts.add((SOURCE_EMITTED, HUB), 2)
    counts.add((SOURCE_SINK_FAILURES, HUB, "5xx"), 4)
    counts.observe((SOURCE_EMIT_DURATION, HUB), 0.2)
    await Flusher(redis, counts).flush()

    page = await _page(client)

    assert page.value(SOURCE_RECEIVED, **OF_HUB) == 3
    assert page.value(SOURCE_REFUSED, **OF_HUB) == 2
    assert page.value(SOURCE_REFUSED, source_name="", reason="unknown_source") == 7
    assert page.value(SOURCE_EMITTED, **OF_HUB) == 2
    assert page.value(SOURCE_SINK_FAILURES, **OF_HUB, reason="5xx") == 4
    assert page.value(f"{SOURCE_EMIT_DURATION}_bucket", **OF_HUB, le="0.25") == 1


async def test_only_what_is_watched_is_ever_listed_anew(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await write_sources(redis, [a_source("hub"), a_source("pods", "ApiServerSource")])
    counts = Counts()
    counts.add((SOURCE_FOUND, "ApiServerSource/default/pods"), 3)
    await Flusher(redis, counts).flush()

    page = await _page(client)

    assert page.value(SOURCE_FOUND, source_name="pods") == 3
    assert page.value(SOURCE_RELISTS, source_name="pods") == 0
    assert [each.labels["source_name"] for each in page.samples if each.name == SOURCE_RELISTS] == [
        "pods"
    ]


async def test_the_lag_is_of_those_that_have_emitted(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await write_sources(redis, [a_source("hub", lag_s=1.5), a_source("quiet")])

    page = await _page(client)

    assert page.value(SOURCE_LAG, **OF_HUB) == 1.5
    assert [each.labels for each in page.samples if each.name == SOURCE_LAG] == [OF_HUB]


async def test_a_source_is_1_while_it_is_ready(redis: Redis, client: httpx.AsyncClient) -> None:
    await write_sources(redis, [a_source("hub"), a_source("broken", conditions=NOT_READY)])

    page = await _page(client)

    assert page.value(SOURCE_READY, **OF_HUB) == 1
    assert page.value(SOURCE_READY, source_name="broken") == 0
    assert page.value(SOURCES_UP) == 1


async def test_no_source_is_ready_whose_service_is_gone(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await write_sources(redis, [a_source("hub")])
    await leave_sources(redis)

    page = await _page(client)

    assert (SOURCE_READY, frozenset(OF_HUB.items())) in page.series()
    assert page.value(SOURCE_READY, **OF_HUB) == 0
    assert (SOURCES_UP, frozenset()) in page.series()
    assert page.value(SOURCES_UP) == 0


async def test_where_there_are_no_sources_nobody_misses_their_service(
    client: httpx.AsyncClient,
) -> None:
    assert SOURCES_UP not in (await _page(client)).labels_of()


@pytest.mark.parametrize("questions", [questions_of_alerts, questions_of_board])
async def test_the_board_and_the_alerts_ask_of_sources_what_is_there(
    redis: Redis, client: httpx.AsyncClient, questions: Callable[[], Iterator[Question]]
) -> None:
    await publish(redis, [BrokerRecord(namespace="default", name="main")], [])
    await write_sources(redis, [a_source("hub", lag_s=1.5)])
    counts = Counts()
    counts.observe((SOURCE_EMIT_DURATION, HUB), 0.2)
    await Flusher(redis, counts).flush()

    page = await _page(client)

    asked = [each for each in questions() if each.is_of_sources]
    assert len(asked) >= 5
    for question in asked:
        question.check(page)

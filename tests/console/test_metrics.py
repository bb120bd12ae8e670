"""`/metrics`: figures of a real store, in Prometheus's formats."""

import time
from dataclasses import replace

import httpx
import prometheus_client
import pytest
from redis.asyncio import Redis

from console.app import console_app
from console.metrics import rendered
from console.scrape import Scrape
from poplin.catalog import BrokerRecord, Catalog, SourcesSeen, TriggerRecord, publish, write_sources
from poplin.log import Log, QueueFigures
from poplin.log.roster import Roster
from poplin.metrics import Counts, Flusher, HistogramTotals, Totals
from poplin.metrics.families import (
    ACCEPTED,
    DELIVERED,
    DISPATCH_DURATION,
    FAMILIES,
    RETRIES,
    SOURCE_FOUND,
    SOURCE_RELISTS,
    SOURCE_SINK_FAILURES,
)
from poplin.store import connect
from tests.console.helpers import a_source
from tests.log.helpers import dead, later, leased
from tests.metrics.page import Page
from tests.operate.scene import Scene

BROKER = BrokerRecord(namespace="n", name="b", partitions=2)
TRIGGER = TriggerRecord(uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://s/")
OF_BROKER = {"namespace_name": "n", "broker_name": "b"}
OF_SOURCE = {"source_kind": "GitHubSource", "namespace_name": "n", "source_name": "s"}
OF_TRIGGER = {**OF_BROKER, "trigger_name": "t"}


async def _page(client: httpx.AsyncClient) -> Page:
    answer = await client.get("/metrics")
    assert answer.status_code == 200
    return Page(answer.text)


async def test_what_was_counted_is_shown(redis: Redis, client: httpx.AsyncClient) -> None:
    await publish(redis, [BROKER], [TRIGGER])
    counts = Counts()
    counts.add((ACCEPTED, "n/b"), 3)
    for seconds in (0.004, 0.03, 60.0):
        counts.observe((DISPATCH_DURATION, "n/b/t", "2xx"), seconds)
    await Flusher(redis, counts).flush()

    page = await _page(client)

    assert page.value(ACCEPTED, **OF_BROKER) == 3
    took = {**OF_TRIGGER, "response_code_class": "2xx"}
    bucket = f"{DISPATCH_DURATION}_bucket"
    assert [page.value(bucket, le=le, **took) for le in ("0.005", "0.05", "10.0", "+Inf")] == [
        1, 2, 2, 3,
    ]  # fmt: skip
    assert page.value(f"{DISPATCH_DURATION}_sum", **took) == 60.034
    assert page.value("poplin_attempts_total", **took) == 3


async def test_whoever_can_count_shows_a_zero_before(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    """Else the first dead letter of a trigger were no increase to Prometheus."""
    await publish(redis, [BROKER], [TRIGGER])
    watching = a_source("s", "ApiServerSource", namespace="n")
    await write_sources(redis, [a_source("s", namespace="n"), watching])

    series = (await _page(client)).series()

    for family in FAMILIES.values():
        if family.kind == "counter":
            labels = {**OF_TRIGGER, **OF_SOURCE, "response_code_class": "failed", "reason": "busy"}
            if family.name == SOURCE_SINK_FAILURES:
                labels["reason"] = "connect"
            if family.name in (SOURCE_FOUND, SOURCE_RELISTS):
                labels["source_kind"] = watching.kind
            wanted = frozenset((name, labels[name]) for name in family.labels)
            assert (family.name, wanted) in series


async def test_what_operators_put_into_the_queue_again_is_counted(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    """And what they only look at, or remove, is not."""
    scene = Scene(redis)
    await scene.publish()
    await scene.dead(5)
    letters = "/triggers/default/audit/dead-letters"
    await client.post(f"{letters}/redrive", json={"limit": 2})
    await client.post(f"{letters}/purge", json={})
    await client.post("/brokers/default/main/replay", json={"trigger": "audit", "dryRun": True})
    answer = await client.post("/brokers/default/main/replay", json={"trigger": "audit"})

    page = await _page(client)

    assert answer.json()["replayed"] == 3
    assert page.value("poplin_redriven_total", trigger_name="audit") == 2
    assert page.value("poplin_replayed_total", trigger_name="audit") == 3


async def test_queues_are_gauged_over_all_partitions(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    await publish(redis, [BROKER], [TRIGGER])
    first, second = Log(redis, "n/b", 0), Log(redis, "n/b", 1)
    held = await leased(first, 2, "u")
    await first.defer(later(held[:1]))
    await dead(second, 3, "u")

    page = await _page(client)

    assert page.value("poplin_backlog", **OF_TRIGGER) == 2
    assert page.value("poplin_in_flight", **OF_TRIGGER) == 1
    assert page.value("poplin_retrying", **OF_TRIGGER) == 1
    assert page.value("poplin_dead_letters", **OF_TRIGGER) == 3
    assert 0 <= page.value("poplin_oldest_age_seconds", **OF_TRIGGER) < 60


async def test_the_store_the_dispatchers_and_the_version_are_shown(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    catalog = await publish(redis, [BROKER], [])
    await Roster(redis, "one").look()

    page = await _page(client)

    assert page.value("poplin_store_up") == 1
    assert page.value("poplin_store_memory_limit_bytes") == 1 << 30
    assert 0 < page.value("poplin_store_memory_used_bytes") < 1 << 30
    assert page.value("poplin_dispatchers") == 1
    assert page.value("poplin_catalog_version") == catalog.version
    assert page.value("poplin_build_info") == 1


async def test_a_dispatcher_that_is_silent_is_not_alive(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    """Nobody removes it when it was the last one."""
    await redis.zadd("{poplin:catalog}:dispatchers", {"dead": (time.time() - 3) * 1e6})

    assert (await _page(client)).value("poplin_dispatchers") == 0


async def test_an_empty_store_has_metrics_too(client: httpx.AsyncClient) -> None:
    page = await _page(client)

    assert page.value("poplin_store_up") == 1
    assert page.value("poplin_store_memory_used_bytes") > 0


async def test_a_store_that_is_away_is_said_in_a_metric() -> None:
    away = connect("redis://127.0.0.1:1", timeout_s=0.2)
    transport = httpx.ASGITransport(console_app(away))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        page = await _page(client)
    await away.aclose()

    assert page.labels_of() == {"poplin_store_up": set(), "poplin_build_info": {"version"}}
    assert page.value("poplin_store_up") == 0


@pytest.mark.parametrize("accept", ["", "application/openmetrics-text;version=1.0.0"])
async def test_the_format_is_the_one_that_every_prometheus_reads(
    redis: Redis, client: httpx.AsyncClient, accept: str
) -> None:
    await publish(redis, [BROKER], [TRIGGER])

    answer = await client.get("/metrics", headers={"accept": accept})

    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "\n# TYPE poplin_dead_letters_total counter\n" in answer.text
    assert "\n# TYPE poplin_dead_letters gauge\n" in answer.text


async def test_no_state_is_kept_in_the_registry_of_the_process(client: httpx.AsyncClient) -> None:
    await client.get("/metrics")

    assert b"poplin" not in prometheus_client.generate_latest()


def test_a_thousand_triggers_render_in_moments() -> None:
    """Half a second of a core. With two classes of status each: 50,000 lines."""
    triggers = [replace(TRIGGER, uid=f"u{number}", name=f"t{number}") for number in range(1000)]
    owners: list[tuple[str, ...]] = [("n", "b", each.name) for each in triggers]
    durations: dict[tuple[str, ...], HistogramTotals] = {
        (*owner, result): HistogramTotals((7,) * 15, 1.5)
        for owner in owners
        for result in ("2xx", "5xx")
    }
    counters: dict[str, dict[tuple[str, ...], int]] = {
        name: dict.fromkeys(owners, 5) for name in (DELIVERED, RETRIES)
    }
    scrape = Scrape(
        catalog=Catalog(1, {BROKER.key: BROKER}, {each.key: each for each in triggers}),
        totals=Totals(counters, {DISPATCH_DURATION: durations}),
        queues={each.uid: QueueFigures(1, 1, 1, 1, 1) for each in triggers},
        memory=None,
        dispatchers=1,
        sources=SourcesSeen(),
        time_us=1e15,
    )

    began = time.process_time()
    text = rendered(scrape)
    took_s = time.process_time() - began

    assert text.count(b"\n") > 50_000
    assert took_s < 3

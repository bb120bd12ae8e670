"""Metrics and what watches them, after real traffic through the whole fabric."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.fabric import (
    Fabric,
    Received,
    broker_yaml,
    event_headers,
    subscriber,
    trigger_yaml,
)
from tests.metrics.page import Page
from tests.metrics.promql import Question, questions_of_alerts, questions_of_board
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVENTS = {"good": 4, "flaky": 3, "bad": 2, "gone": 1}
TOTAL = sum(EVENTS.values())
NOBODY = "http://127.0.0.1:1/"


def _answer(received: Received) -> tuple[int, str, bytes]:
    if received.path == "/bad":
        return 400, "", b""
    if received.path == "/flaky" and received.headers["ce-id"] not in _failed:
        _failed.add(received.headers["ce-id"])
        return 503, "", b""
    return 202, "", b""


_failed: set[str] = set()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(folder: Path) -> AsyncIterator[Fabric]:
    async with subscriber() as peer:
        peer.answer = _answer
        yaml = broker_yaml() + "".join(
            trigger_yaml(name, NOBODY if name == "gone" else f"{peer.url}/{name}", kind=name)
            for name in EVENTS
        )
        async with Fabric.up(folder, yaml, "--workers", "2") as each:
            await _traffic(each)
            yield each


async def _traffic(fabric: Fabric) -> None:
    """Each kind of fate, in events and in requests that hold none."""
    for name, count in EVENTS.items():
        for number in range(count):
            await fabric.post("/default/main", event_headers(f"{name}-{number}", name))
    await fabric.post("/default/other", event_headers("1"))
    await fabric.post("/default/main", {})
    await fabric.post("/default/main", event_headers("1"), b"x" * 1_100_000)


async def _page(fabric: Fabric) -> Page:
    async with httpx.AsyncClient(trust_env=False) as client:
        return Page((await client.get(f"{fabric.admin_url}/metrics")).text)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(fabric: Fabric) -> Page:
    """Once every process has written what it counted."""

    async def is_settled() -> bool:
        page = await _page(fabric)
        decided = ("poplin_events_delivered_total", "poplin_dead_letters_total")
        return (
            sum(map(page.value, decided)) == TOTAL
            and page.value("poplin_events_accepted_total") == TOTAL
            and page.value("poplin_events_refused_total") == 3
            and page.value("poplin_retries_total") == 5
        )

    await until(is_settled, within_s=15)
    return await _page(fabric)


async def test_every_event_is_in_the_sums_of_the_processes(page: Page) -> None:
    broker = {"namespace_name": "default", "broker_name": "main"}

    assert page.value("poplin_events_accepted_total", **broker) == TOTAL
    assert page.value("poplin_events_routed_total", **broker) == TOTAL
    assert page.value("poplin_ingress_duration_seconds_count", **broker) == TOTAL
    for name, wanted in EVENTS.items():
        trigger = {**broker, "trigger_name": name}
        assert page.value("poplin_events_filtered_total", **trigger) == TOTAL - wanted
        assert page.value("poplin_backlog", **trigger) == 0


@pytest.mark.parametrize(
    ("trigger", "name", "expected"),
    [
        ("good", "poplin_events_delivered_total", 4),
        ("good", "poplin_retries_total", 0),
        ("flaky", "poplin_events_delivered_total", 3),
        ("flaky", "poplin_retries_total", 3),
        ("bad", "poplin_events_delivered_total", 0),
        ("bad", "poplin_dead_letters_total", 2),
        ("bad", "poplin_dead_letters", 2),
        ("gone", "poplin_retries_total", 2),
        ("gone", "poplin_dead_letters_total", 1),
    ],
)
async def test_each_fate_is_counted_for_its_trigger(
    page: Page, trigger: str, name: str, expected: int
) -> None:
    assert page.value(name, trigger_name=trigger) == expected


@pytest.mark.parametrize(
    ("trigger", "result", "expected"),
    [("good", "2xx", 4), ("flaky", "5xx", 3), ("flaky", "2xx", 3), ("bad", "4xx", 2), ("gone", "failed", 3)],
)  # fmt: skip
async def test_attempts_are_counted_by_what_came_back(
    page: Page, trigger: str, result: str, expected: int
) -> None:
    labels = {"trigger_name": trigger, "response_code_class": result}

    assert page.value("poplin_attempts_total", **labels) == expected
    assert page.value("kn_eventing_dispatch_duration_seconds_count", **labels) == expected


@pytest.mark.parametrize(
    ("broker", "reason"), [("", "unknown_broker"), ("main", "invalid"), ("main", "too_large")]
)
async def test_refused_requests_are_counted_by_reason(page: Page, broker: str, reason: str) -> None:
    assert page.value("poplin_events_refused_total", broker_name=broker, reason=reason) == 1


async def test_a_flood_of_unknown_brokers_and_paths_adds_no_series(
    fabric: Fabric, page: Page
) -> None:
    async with httpx.AsyncClient(base_url=fabric.url, trust_env=False) as client:
        for number in range(50):
            sent = [f"/default/b{number}", f"/n{number}/main", f"/n/{number}/deep", f"/x{number}"]
            await asyncio.gather(*(client.post(each, headers=event_headers("1")) for each in sent))

    async def is_counted() -> bool:
        return (await _page(fabric)).value("poplin_events_refused_total") == 203

    await until(is_counted)
    assert (await _page(fabric)).series() == page.series()


async def test_what_was_counted_outlives_the_processes(tmp_path: Path) -> None:
    """Also what came in the last moment: they write it down before they end."""
    async with Fabric.up(tmp_path, broker_yaml()) as fabric:
        await fabric.post("/default/main", event_headers("1"))
    async with Fabric.up(tmp_path, broker_yaml()) as fabric:
        page = await _page(fabric)

    assert page.value("poplin_events_accepted_total") == 1
    assert page.value("poplin_events_routed_total") == 1


@pytest.mark.parametrize("questions", [questions_of_alerts, questions_of_board])
async def test_the_board_and_the_alerts_ask_for_what_is_there(
    page: Page, questions: Callable[[], Iterator[Question]]
) -> None:
    """Of sources tests/console asks: this fabric has none."""
    for question in questions():
        if not question.is_of_sources:
            question.check(page)

"""A broker with a window for repeats, over two ingress processes that die, and their store too."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import httpx
import psutil
import pytest
import pytest_asyncio

from tests.fabric import Fabric, Subscriber, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.metrics.page import Page
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

COPIES = 6
ANNOTATIONS = "poplin.dev/dedupe-window: PT10M, poplin.dev/partitions: '4'"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(folder: Path, peer: Subscriber) -> AsyncIterator[Fabric]:
    yaml = broker_yaml(annotations=ANNOTATIONS) + trigger_yaml("all", peer.url)
    async with Fabric.up(folder, yaml, "--workers", "2") as each:
        yield each


async def sent(fabric: Fabric, names: Iterable[str]) -> list[int]:
    """Each on a connection of its own, so that either process may get it."""
    answers = await asyncio.gather(
        *(fabric.post("/default/main", event_headers(name)) for name in names)
    )
    return [answer.status_code for answer in answers]


async def in_the_log(fabric: Fabric) -> int:
    async with httpx.AsyncClient(base_url=fabric.admin_url, trust_env=False) as client:
        return int((await client.get("/brokers/default/main")).json()["events"])


async def test_of_copies_that_come_at_once_one_is_stored_and_delivered(
    fabric: Fabric, peer: Subscriber
) -> None:
    names = [f"at-once-{number}" for number in range(20)]
    before = await in_the_log(fabric)

    answers = await sent(fabric, names * COPIES)

    assert set(answers) == {202}
    assert await in_the_log(fabric) == before + len(names)
    await sent(fabric, ["last"])
    await until(lambda: any(each.headers["ce-id"] == "last" for each in peer.received))
    arrivals = Counter(each.headers["ce-id"] for each in peer.received)
    assert {name: arrivals[name] for name in names} == dict.fromkeys(names, 1)

    async def is_counted() -> bool:
        async with httpx.AsyncClient(base_url=fabric.admin_url, trust_env=False) as client:
            page = Page((await client.get("/metrics")).text)
        repeated = page.value("poplin_events_repeated_total", broker_name="main")
        return repeated == len(names) * (COPIES - 1)

    await until(is_counted)


async def test_what_was_accepted_is_known_after_ingress_and_store_were_killed(
    fabric: Fabric,
) -> None:
    names = [f"killed-{number}" for number in range(20)]
    assert set(await sent(fabric, names)) == {202}
    before = await in_the_log(fabric)
    services = psutil.Process(fabric.process.pid).children()
    doomed = [each for each in services if "ingress" in each.cmdline()]
    doomed += [each for each in services if each.name() in ("valkey-server", "redis-server")]
    assert len(doomed) >= 2

    for process in doomed:
        process.send_signal(signal.SIGKILL)

    left = set(names)

    async def are_answered() -> bool:
        with_copies = sorted(left) * 2
        for name, status in zip(with_copies, await sent(fabric, with_copies), strict=True):
            if status == 202:
                left.discard(name)
        return not left

    await until(are_answered)
    assert await in_the_log(fabric) == before

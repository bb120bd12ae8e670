"""Requests that parsers disagree on: none splits in two, and nothing behind a doubtful one is read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from poplin.log import Keys
from poplin.store import connect
from tests.fabric import Fabric, broker_yaml
from tests.hostile.http_cases import CASES, FOLLOWING, Case, post
from tests.hostile.wire import connected, exchange

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOG = Keys("default/main").log
WHOLE = post(b"Host: h", b"Connection: close", b"Content-Length: 40", body=b"x" * 40)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(folder: Path) -> AsyncIterator[Fabric]:
    async with Fabric.up(folder, broker_yaml()) as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(folder: Path, fabric: Fabric) -> AsyncIterator[Redis]:  # noqa: ARG001 - it runs it
    client = connect(f"unix://{folder}/data/store/store.sock")
    yield client
    await client.aclose()


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.name}"[:60])
async def test_every_request_is_one_or_none(fabric: Fabric, store: Redis, case: Case) -> None:
    before = await store.xlen(LOG)

    answers = await exchange(fabric.url, case.sent + FOLLOWING)

    expected = case.statuses if case.closes else (*case.statuses, 202)
    assert tuple(each.status for each in answers) == expected
    assert answers[-1].headers["connection"] == "close"
    for answer in answers:
        assert answer.status < 400 or answer.problem["detail"]
    events = case.events if case.closes else case.events + 1
    assert await store.xlen(LOG) - before == events


async def test_a_request_cut_anywhere_is_no_event(fabric: Fabric, store: Redis) -> None:
    before = await store.xlen(LOG)

    for size in range(1, len(WHOLE), 3):
        _, writer = await connected(fabric.url)
        writer.write(WHOLE[:size])
        writer.close()
    answers = await exchange(fabric.url, WHOLE)

    assert [each.status for each in answers] == [202]
    assert await store.xlen(LOG) - before == 1


async def test_a_refusal_waits_for_the_answers_before_it(fabric: Fabric) -> None:
    """A producer that pipelines would take a refusal sent first for the answer to its event."""
    good = post(b"Host: h", b"Content-Length: 0")

    answers = await exchange(fabric.url, good * 10 + b"NONSENSE\r\n\r\n")

    assert [each.status for each in answers] == [202] * 10 + [400]


async def test_a_thousand_pipelined_requests_harm_nobody_else(fabric: Fabric) -> None:
    """Each is answered at once, behind one that waits for the store."""
    good = post(b"Host: h", b"Content-Length: 0")

    answers = await exchange(
        fabric.url, good + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 1000 + FOLLOWING
    )
    others = await exchange(fabric.url, FOLLOWING)

    statuses = [each.status for each in answers]
    assert (statuses[0], set(statuses[1:])) == (202, {405, 503})
    assert statuses.index(503) == len(statuses) - 1
    assert [each.status for each in others] == [202]


async def test_an_answer_is_not_lost_to_what_is_still_being_sent(fabric: Fabric) -> None:
    """A socket closed upon unread data resets the connection, and the client never learns why."""
    reader, writer = await connected(fabric.url)
    for _ in range(40):
        writer.write(b"x" * 100_000)
        await writer.drain()
    async with asyncio.timeout(5):
        answer = await reader.readline()
    writer.close()

    assert answer.startswith(b"HTTP/1.1 400 ")

"""A trace amid the journal of a million deliveries: right, quick, and light on the store."""

import time
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from redis.asyncio import Redis

from poplin.catalog import BrokerRecord
from poplin.log import LogId
from poplin.log.journal import Shared, encode_outcomes, encode_routed
from poplin.store import connect
from poplin.trace import trace
from tests.conftest import REDIS, VALKEY, running_store
from tests.trace.helpers import Steps, trigger

BATCH = 64
CHUNK = 4096
HOUR_US = 3_600_000_000
MOST_S = 2.0
"""Of CPU, the store's included: the machine may be busy with something else."""
MOST_SLICE_US = 30_000
"""The mean; usually 2,000 to 5,000, by a clock that runs on while others have the machine."""
MOST_BYTES = 8 * 1024 * 1024
UID = "{}b1c2d3e-f5a6-4789-8abc-def012345678"

OUTCOMES = ("delivered", "filtered", "retrying", "dead", "in flight", "waiting", "trimmed")
"""The last one's event is not in the log any more."""


async def _special(steps: Steps, when: str) -> None:
    """One event for each outcome, at the trigger of that name."""
    for outcome in OUTCOMES:
        uids = () if outcome == "filtered" else (outcome,)
        log_id = await steps.routed(f"{when} {outcome}", *uids)
        match outcome:
            case "delivered":
                await steps.settle(outcome)
            case "trimmed":
                await steps.settle(outcome)
                await steps.redis.xdel(steps.log.keys.log, log_id)
            case "retrying":
                await steps.defer(outcome)
            case "dead":
                await steps.bury(outcome)
            case "in flight":
                await steps.lease(outcome)
                until_us = await steps.log.server_time_us() + HOUR_US
                await steps.redis.zadd(steps.log.keys.due(outcome), {log_id: -until_us})


def _chunks(events: int, triggers: int) -> Iterator[bytes]:
    """What dispatchers under load write, in batches."""
    chunk = b""
    for start in range(0, events, BATCH):
        numbers = range(start, min(start + BATCH, events))
        ids = [LogId(b"%d-%d" % (1_763_739_420_000 + each // 5, each % 5)) for each in numbers]
        chunk += b"@1763739420123\n"
        chunk += encode_routed(ids, [f"{each:08d}-4b5a-6978-8796-a5b4c3d2e1f0" for each in numbers])
        for number in range(triggers):
            shared: Shared = ("s", UID.format(number), 1, 202, "", False)
            chunk += b"@1763739420125\n" + encode_outcomes({shared: (ids, [3] * len(ids))})
        if len(chunk) >= CHUNK:
            yield chunk
            chunk = b""
    yield chunk


async def _fill(steps: Steps, events: int, triggers: int) -> None:
    chunks = _chunks(events, triggers)
    while part := list(islice(chunks, 500)):
        async with steps.redis.pipeline(transaction=False) as pipe:
            for chunk in part:
                pipe.xadd(steps.log.keys.journal, {"c": chunk})
            await pipe.execute()


async def _cpu_s(redis: Redis) -> float:
    info = await redis.info("cpu")
    return float(info["used_cpu_user"] + info["used_cpu_sys"]) + time.process_time()


@pytest.fixture
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with running_store(tmp_path, request.param) as url:
        yield url


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("store", "events", "triggers", "most_each"),
    [(VALKEY, 1_000_000, 1, 55), (REDIS, 100_000, 10, 28)],
    indirect=["store"],
)
async def test_a_trace_amid_a_million_deliveries(
    store: str, events: int, triggers: int, most_each: int
) -> None:
    redis = connect(store)
    await redis.config_set("appendfsync", "no")  # a million are not built in a minute else
    steps = await Steps.of(redis, *map(trigger, OUTCOMES))
    await _special(steps, "first")
    await _fill(steps, events, triggers)
    await _special(steps, "last")
    size = (await steps.log.usage()).journal_bytes
    assert size < events * triggers * most_each
    assert size < BrokerRecord(namespace="n", name="b").journal_bytes

    for when in ("first", "last"):
        for outcome in OUTCOMES:
            before = await _cpu_s(redis)

            match = await steps.match(f"{when} {outcome}", f"shop/{outcome}")

            assert await _cpu_s(redis) - before < MOST_S
            assert match.outcome == ("delivered" if outcome == "trimmed" else outcome)
    before = await _cpu_s(redis)
    await redis.config_resetstat()
    tracemalloc.start()
    try:
        assert (await trace(redis, steps.catalog, "never seen")).events == ()
        assert len((await trace(redis, steps.catalog, "first trimmed")).events) == 1
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    stats = (await redis.info("commandstats"))["cmdstat_evalsha"]
    assert stats["usec"] / stats["calls"] < MOST_SLICE_US
    await redis.aclose()

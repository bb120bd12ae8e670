"""Failover: by a kill, and by a partition in which the old primary goes on answering."""

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
import structlog
from redis.asyncio import Redis

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.log import Log, Roster
from poplin.log.once import digest_of
from poplin.store import Availability, LeanRedis, check_profile, connect
from tests.log.helpers import GENERATION, accepted, event
from tests.topology.servers import Node, SentinelGroup, sentinel_group
from tests.waiting import until

WRITERS = 8


class _Writers:
    """Append one event after another until told to stop; `kept` are those acknowledged."""

    def __init__(self, redis: LeanRedis) -> None:
        self._log = Log(redis, "shop/orders")
        self._stop = asyncio.Event()
        self.kept: list[bytes] = []
        self.refused = 0

    async def run(self) -> None:
        await self._log.fence(GENERATION)
        await asyncio.gather(*(self._write(number) for number in range(WRITERS)))

    def stop(self) -> None:
        self._stop.set()

    async def _write(self, writer: int) -> None:
        number = 0
        while not self._stop.is_set():
            data = b"%d/%d" % (writer, number)
            number += 1
            try:
                if await self._log.append([event(data=data)]) is not None:
                    self.kept.append(data)
            except StoreUnavailableError:
                self.refused += 1
                await asyncio.sleep(0.01)

    async def reach(self, more: int) -> None:
        """Until so many more are kept."""
        goal = len(self.kept) + more
        async with asyncio.timeout(20):
            while len(self.kept) < goal:  # noqa: ASYNC110 - a count, not an event
                await asyncio.sleep(0.01)


async def _lost(writers: _Writers, node: Node) -> list[bytes]:
    """What was acknowledged and is not in this server's log."""
    redis = Redis(port=node.port, password="loopback")  # noqa: S106
    try:
        rows: Any = await redis.xrange(Log(redis, "shop/orders").keys.log)
    finally:
        await redis.aclose()
    there = {fields[b"d"] for _, fields in rows}
    return [data for data in writers.kept if data not in there]


async def test_a_killed_primary_is_succeeded_and_nothing_is_lost(group: SentinelGroup) -> None:
    redis = connect(group.url, timeout_s=1.5, replicas=1)
    writers = _Writers(redis)
    writing = asyncio.create_task(writers.run())
    await writers.reach(100)

    await group.kill_primary()
    promoted = await group.promoted()
    await group.heal()  # its place as the replica is taken again
    await writers.reach(100)
    writers.stop()
    await writing

    print(f"kill: {len(writers.kept)} kept, {writers.refused} refused")  # noqa: T201
    assert await _lost(writers, promoted) == []
    await redis.aclose()


async def test_a_primary_that_is_cut_off_takes_nothing_with_profile_ha(
    group: SentinelGroup,
) -> None:
    writers, lost = await _cut_off(group, replicas=1)

    assert lost == []
    assert writers.refused > 0


async def test_without_profile_ha_it_takes_what_nobody_will_have(tmp_path: Path) -> None:
    """The reason for the profile; how much is printed."""
    async with sentinel_group(tmp_path) as group:
        writers, lost = await _cut_off(group, replicas=0)

    print(f"without: {len(lost)} of {len(writers.kept)} lost")  # noqa: T201 - with pytest -s
    assert lost


async def _cut_off(group: SentinelGroup, replicas: int) -> tuple[_Writers, list[bytes]]:
    """Cut the primary off while events are written; what was acknowledged and is lost."""
    redis = connect(group.url, timeout_s=1.5, replicas=replicas)
    writers = _Writers(redis)
    writing = asyncio.create_task(writers.run())
    await writers.reach(100)
    await group.partition_primary()
    promoted = await group.promoted()
    if replicas:
        await group.heal()
    await writers.reach(100)
    writers.stop()
    await writing
    await redis.aclose()
    return writers, await _lost(writers, promoted)


async def test_a_repeat_waits_for_the_replica_as_its_first_one_does(group: SentinelGroup) -> None:
    """Whatever connection it comes on: else the 202 of a repeat would be for an event that goes
    with its primary.
    """
    entry, digest = event(), digest_of(event())
    async with (
        aclosing(connect(group.url, timeout_s=1.5, replicas=1)) as one,
        aclosing(connect(group.url, timeout_s=1.5, replicas=1)) as other,
    ):
        logs = [Log(redis, "shop/orders") for redis in (one, other)]
        await logs[0].fence(GENERATION)

        with group.replica.paused():
            for log in logs:
                with pytest.raises(StoreUnavailableError, match="0 of 1"):
                    await log.append_once([entry], [digest], 600_000)
        appended = await logs[1].append_once([entry], [digest], 600_000)

        assert appended is not None
        assert appended.repeats == 1
        assert await logs[0].length() == 1


async def test_what_sits_on_an_old_primary_leaves_it(group: SentinelGroup) -> None:
    """A reader that writes nothing hears it from the sentinels, within seconds; also one that was
    closed and used again, as when a partition goes to another dispatcher and comes back.
    """
    redis = connect(group.url)
    log = Log(redis, "shop/orders")
    await log.fence(GENERATION)
    await redis.aclose()
    assert (await log.position()).generation == GENERATION
    await group.partition_primary()
    promoted = await group.promoted()
    await promoted.admin.hset(log.keys.state, "generation", 7)

    async def has_left() -> bool:
        return (await log.position()).generation == 7

    await until(has_left, 5)
    await redis.aclose()


async def test_profile_ha_knows_whether_its_replica_is_there(group: SentinelGroup) -> None:
    redis = connect(group.url, replicas=1, availability=Availability())
    log = Log(redis, "shop/orders")
    assert await check_profile(redis, "ha")
    await log.fence(GENERATION)
    await accepted(log, 1)
    roster = Roster(redis, "one")
    assert await roster.look() == ["one"]

    group.replica.kill()

    with structlog.testing.capture_logs() as lines:
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="0 of 1 replicas acknowledged"):
                await log.append([event()])
            with pytest.raises(StoreUnavailableError, match="0 of 1 replicas acknowledged"):
                await roster.look()
            assert (await log.position()).generation == GENERATION, "the store itself is there"
    assert ["no event is accepted" in line["event"] for line in lines] == [True]
    with pytest.raises(StoreUnavailableError, match="0 of 1 replicas of the store acknowledge"):
        await check_profile(redis, "ha")
    await redis.aclose()


async def test_a_server_that_never_had_a_replica_is_refused(store_url: str) -> None:
    redis = connect(store_url, replicas=1)

    with pytest.raises(ConfigurationError, match="connect one with REPLICAOF, or start with"):
        await check_profile(redis, "ha")
    await redis.aclose()

"""Memory is short: what is settled goes, what is owed stays."""

import pytest
from redis.asyncio import Redis

from dispatcher.relief import Relief, share_to_go
from poplin.log import Log, Usage
from tests.log.helpers import accepted, dead, log_ids, owed, routed

DATA = b"x" * 1000


@pytest.fixture
async def log(redis: Redis) -> Log:
    log = Log(redis, "shop/orders")
    await log.fence(1)
    return log


async def _settled(log: Log, count: int) -> None:
    ids = await accepted(log, count, DATA)
    await routed(log, ids[-1], {})


async def _fill_to(redis: Redis, log: Log, fullness: float) -> None:
    await redis.config_set("maxmemory", int((await log.usage()).used / fullness))


def _usage(used: int, settled: int, *, owed: int = 0, journal: int = 0) -> Usage:
    return Usage(used, 100_000_000, settled + owed, settled + owed, owed, owed, journal)


@pytest.mark.parametrize(
    ("usages", "share"),
    [
        ([], 0.0),
        ([_usage(70_000_000, 50_000_000)], 0.0),
        ([_usage(75_000_000, 20_000_000)], 0.5),
        ([_usage(75_000_000, 0, owed=60_000_000)], 0.0),
        ([_usage(75_000_000, 1_000_000)], 1.0),
        ([_usage(75_000_000, 10_000_000), _usage(75_000_000, 30_000_000)], 0.25),
        ([_usage(75_000_000, 0, journal=256 * 1024)], 0.0),
        ([_usage(75_000_000, 0, journal=20_000_000 + 256 * 1024)], 0.5),
    ],
)
def test_as_much_goes_as_is_too_much_and_never_what_is_owed(
    usages: list[Usage], share: float
) -> None:
    assert share_to_go(usages) == pytest.approx(share)


async def test_with_room_to_spare_nothing_goes(redis: Redis, log: Log) -> None:
    await _settled(log, 2000)
    await _fill_to(redis, log, 0.62)

    assert await Relief(redis).relieve([log]) == 0


async def test_windows_are_shortened_as_far_as_needed(redis: Redis, log: Log) -> None:
    other = Log(redis, "shop/returns")
    await other.fence(1)
    await _settled(log, 3000)
    await _settled(other, 3000)
    await _fill_to(redis, log, 0.78)

    await Relief(redis).relieve([log, other])

    assert 0.60 < (await log.usage()).fullness <= 0.70
    left = [(await each.usage()).entries for each in (log, other)]
    assert left[0] == pytest.approx(left[1], rel=0.1)


async def test_what_is_owed_stays_though_memory_is_full(redis: Redis, log: Log) -> None:
    waiting = await owed(log, 400, "a", data=DATA)
    buried = await dead(log, 5)
    await _settled(log, 1500)
    unrouted = await accepted(log, 30, DATA)
    await _fill_to(redis, log, 3.0)

    await Relief(redis).relieve([log])

    kept = await log_ids(redis, log)
    assert set(waiting) | set(buried) | set(unrouted) <= set(kept)
    assert len(kept) < 460


async def test_a_long_journal_is_shortened(redis: Redis, log: Log) -> None:
    for _ in range(200):
        await log.defer([], b"x" * 20_000)
    await _fill_to(redis, log, 3.0)

    await Relief(redis).relieve([log])

    assert 200_000 < (await log.usage()).journal_bytes < 400_000


async def test_it_is_said_once(redis: Redis, log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    await _settled(log, 4000)
    relief = Relief(redis)

    for _ in range(3):
        await _fill_to(redis, log, 0.75)
        assert await relief.relieve([log])

    assert capsys.readouterr().out.count("replay windows are being shortened") == 1

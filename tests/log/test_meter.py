"""Many partitions, measured at a bounded cost."""

import pytest
from redis.asyncio import Redis

from poplin.log import Log, Meter
from poplin.log import meter as meter_module
from tests.log.helpers import accepted


@pytest.fixture
async def logs(redis: Redis) -> list[Log]:
    logs = [Log(redis, "shop/orders", partition) for partition in range(5)]
    for log in logs:
        await log.fence(1)
    return logs


async def test_a_look_measures_every_partition(logs: list[Log]) -> None:
    await accepted(logs[3], 7)

    usages = await Meter(above=0.0).look(logs)

    assert [usages[log.keys].owed_entries for log in logs] == [0, 0, 0, 7, 0]


async def test_of_many_a_look_measures_some_in_turn(
    logs: list[Log], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meter_module, "_MOST", 2)
    meter = Meter(above=0.0)

    known = [len(await meter.look(logs)) for _ in range(3)]
    for log in logs:
        await accepted(log, 1)
    seen = [
        [usage.owed_entries for usage in (await meter.look(logs)).values()].count(1)
        for _ in range(3)
    ]

    assert known == [2, 4, 5]
    assert seen == [2, 4, 5]


async def test_a_partition_that_is_gone_is_forgotten(logs: list[Log]) -> None:
    meter = Meter(above=0.0)
    await meter.look(logs)

    assert set(await meter.look(logs[1:])) == {log.keys for log in logs[1:]}
    assert not await meter.look([])

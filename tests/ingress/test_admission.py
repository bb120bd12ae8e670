"""Who is refused while memory is short."""

from collections.abc import Mapping

import orjson
import pytest
from redis.asyncio import Redis

from ingress.admission import Admission, Refused, judge
from ingress.brokers import Brokers
from ingress.tally import Tally
from poplin.catalog import BrokerRecord, Catalog
from poplin.log import Keys, Log, Usage
from poplin.metrics import Counts
from tests.log.helpers import accepted, owed, routed

LIMIT = 100_000_000
DATA = b"x" * 1000


def _usage(percent: float, owes: int = 0, settled: int = 0) -> Usage:
    """Of one event each in a log of so many bytes; queues take 230 more."""
    used = int(LIMIT * percent / 100)
    if not settled:
        return Usage(used, LIMIT, 1, owes, int(owes > 0), int(owes > 0), 0)
    return Usage(used, LIMIT, 2, settled * 2, 1, 1, 0)


def _statuses(usages: Mapping[str, Usage], before: Mapping[str, int] = {}) -> dict[str, int]:
    verdicts = judge(
        {Keys(key): usage for key, usage in usages.items()},
        {key: Refused(status, "") for key, status in before.items()},
    )
    return {key: verdict.status for key, verdict in verdicts.items()}


@pytest.mark.parametrize(
    ("usages", "before", "expected"),
    [
        # The lines.
        ({"a": _usage(79.9, 79_000_000)}, {}, {}),
        ({"a": _usage(80.1, 80_000_000)}, {}, {"a": 429}),
        ({"a": _usage(94.9, 94_000_000)}, {}, {"a": 429}),
        ({"a": _usage(95, 94_000_000), "b": _usage(95)}, {}, {"a": 503, "b": 503}),
        # Who owes more than an equal share.
        ({"a": _usage(85, 80_000_000), "b": _usage(85, 4_000_000)}, {}, {"a": 429}),
        ({"a": _usage(85, 42_000_000), "b": _usage(85, 42_000_000)}, {}, {"a": 429, "b": 429}),
        ({"a": _usage(85, 20_000_000), "b": _usage(85)}, {}, {"a": 429}),
        # Windows for replay do not count.
        ({"a": _usage(85, settled=41_000_000)}, {}, {}),
        # What is nobody's is taken off: an estimate that is too low still finds somebody.
        ({"a": _usage(85, 60_000_000)}, {}, {"a": 429}),
        ({"a": _usage(90), "b": _usage(90)}, {}, {}),
        # Whoever is refused is taken again five points lower.
        ({"a": _usage(76, 75_000_000)}, {"a": 429}, {"a": 429}),
        ({"a": _usage(74, 73_000_000)}, {"a": 429}, {}),
        ({"a": _usage(91, 90_000_000), "b": _usage(91)}, {"a": 503, "b": 503}, {"a": 503, "b": 503}),
        ({"a": _usage(89, 88_000_000), "b": _usage(89)}, {"a": 503, "b": 503}, {"a": 429}),
        # No limit, no admission by memory.
        ({"a": Usage(10**12, 0, 1, 10**12, 1, 1, 0)}, {}, {}),
    ],
)  # fmt: skip
def test_who_owes_too_much_is_refused_and_in_need_all(
    usages: dict[str, Usage], before: dict[str, int], expected: dict[str, int]
) -> None:
    assert _statuses(usages, before) == expected


def test_what_a_broker_owes_in_all_its_partitions_counts() -> None:
    usages = {Keys("a", number): _usage(85, 30_000_000) for number in range(2)}
    usages[Keys("b")] = _usage(85, 20_000_000)

    assert judge(usages, {}).keys() == {"a"}


@pytest.fixture
async def brokers(redis: Redis) -> Brokers:
    records = [BrokerRecord(namespace="shop", name=name) for name in ("orders", "returns")]
    brokers = Brokers(redis, Tally(Counts()))
    brokers.follow(Catalog(1, {record.key: record for record in records}))
    for log in brokers.logs:
        await log.fence(1)
    return brokers


async def _fill_to(redis: Redis, log: Log, fullness: float) -> None:
    await redis.config_set("maxmemory", int((await log.usage()).used / fullness))


async def test_a_refusal_says_which_limit_and_what_to_do(redis: Redis, brokers: Brokers) -> None:
    admission = Admission(brokers)
    await owed(brokers.logs[0], 3000, "t", data=DATA)
    await _fill_to(redis, brokers.logs[0], 0.87)

    await admission.look()

    (answer,) = admission.refused.values()
    assert list(admission.refused) == ["shop/orders"]
    assert answer.status == 429
    assert any(b"retry-after: %d\r\n" % seconds in answer.head for seconds in range(3, 8))
    detail = orjson.loads(answer.body)["detail"]
    assert "broker shop/orders owes" in detail
    assert "share" in detail
    assert "--store-memory" in detail


async def test_replay_windows_are_no_reason_to_refuse(redis: Redis, brokers: Brokers) -> None:
    admission = Admission(brokers)
    for log in brokers.logs:
        ids = await accepted(log, 3000, DATA)
        await routed(log, ids[-1], {})
    await _fill_to(redis, brokers.logs[0], 0.87)

    await admission.look()

    assert not admission.refused


async def test_it_is_said_once_who_is_refused_and_who_is_taken_again(
    redis: Redis, brokers: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    admission = Admission(brokers)
    await owed(brokers.logs[0], 3000, "t", data=DATA)

    for fullness in (0.3, 0.98, 0.98, 0.87, 0.3, 0.3):
        await _fill_to(redis, brokers.logs[0], fullness)
        await admission.look()

    said = [line for line in capsys.readouterr().out.splitlines() if "events are" in line]
    assert ["refused" in line for line in said] == [True, False, False]
    assert "brokers='shop/orders, shop/returns'" in said[0]
    assert "brokers=shop/returns" in said[1]
    assert "brokers=shop/orders" in said[2]


async def test_a_store_without_a_limit_is_warned_of_once(
    redis: Redis, brokers: Brokers, capsys: pytest.CaptureFixture[str]
) -> None:
    admission = Admission(brokers)
    await redis.config_set("maxmemory", 0)

    for _ in range(2):
        await admission.look()

    assert capsys.readouterr().out.count("no maxmemory") == 1

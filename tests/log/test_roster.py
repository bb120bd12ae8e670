"""Which dispatchers are alive, and what each of them reads."""

import time

import pytest
from redis.asyncio import Redis

from poplin.log import Roster, alive, share
from poplin.log.roster import _KEY
from tests.log.helpers import everything


async def test_who_looks_is_alive_and_sees_who_else_is(redis: Redis) -> None:
    one, two = Roster(redis, "one"), Roster(redis, "two")

    seen = [await one.look(), await two.look(), await one.look()]

    assert seen == [["one"], ["one", "two"], ["one", "two"]]


async def test_who_leaves_is_gone_at_once(redis: Redis) -> None:
    one, two = Roster(redis, "one"), Roster(redis, "two")
    await one.look()
    await two.look()

    await two.leave()

    assert await one.look() == ["one"]


@pytest.mark.parametrize(
    ("age_s", "is_alive"), [(1.5, True), (2.5, False), (-1.0, False)],
    ids=["lately", "silent", "from the future"],
)  # fmt: skip
async def test_who_is_silent_is_taken_for_dead(redis: Redis, age_s: float, is_alive: bool) -> None:
    """One from the future, too: the store failed over to a server whose clock is behind."""
    await redis.zadd(_KEY, {"other": int((time.time() - age_s) * 1e6)})

    seen = await Roster(redis, "one").look()

    assert seen == (["one", "other"] if is_alive else ["one"])


async def test_one_that_was_taken_for_dead_comes_back(redis: Redis) -> None:
    one, two = Roster(redis, "one"), Roster(redis, "two")
    await one.look()
    await redis.zadd(_KEY, {"one": 1})
    await two.look()

    assert await one.look() == ["one", "two"]


async def test_looking_again_soon_writes_nothing(redis: Redis) -> None:
    """Each write is an fsync, four times a second for nothing."""
    one = Roster(redis, "one")
    await one.look()
    before = await everything(redis)

    await one.look()

    assert await everything(redis) == before


async def test_it_speaks_again_before_the_others_miss_it(redis: Redis) -> None:
    await redis.zadd(_KEY, {"one": int((time.time() - 0.8) * 1e6)})

    await Roster(redis, "one").look()

    said_us = await redis.zscore(_KEY, "one")
    assert said_us is not None
    assert said_us / 1e6 > time.time() - 0.5


PARTS = [("ns/a", number) for number in range(4)] + [("ns/b", number) for number in range(5)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 9, 12])
def test_every_partition_has_one_reader_and_all_have_as_many_or_one_more(count: int) -> None:
    names = [f"d{number}" for number in range(count)]

    shares = [share(PARTS, sorted(names), name) for name in names]

    assert sorted(part for each in shares for part in each) == PARTS
    assert {len(each) for each in shares} <= {9 // count, -(-9 // count)}


def test_the_partitions_of_one_broker_are_shared_evenly_too() -> None:
    found = share(PARTS, ["one", "two"], "one")

    assert len([part for part in found if part[0] == "ns/a"]) == 2


def test_the_order_of_parts_does_not_matter() -> None:
    parts, names = PARTS[:4], ["one", "two"]

    assert share(parts[::-1], names, "one") == share(parts, names, "one")


def test_who_is_not_on_the_roster_reads_nothing() -> None:
    assert share(PARTS, [], "one") == set()


@pytest.mark.parametrize(("age_s", "is_alive"), [(1.5, True), (2.5, False), (-2.0, False)])
async def test_who_is_none_of_them_may_ask_who_is_alive(
    redis: Redis, age_s: float, is_alive: bool
) -> None:
    """Nobody else may be left to remove who is silent."""
    await redis.zadd(_KEY, {"other": int((time.time() - age_s) * 1e6)})

    assert await alive(redis) == ["other"] * is_alive

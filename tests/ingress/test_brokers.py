"""How the ingress follows the catalog."""

from dataclasses import replace
from itertools import pairwise

from redis.asyncio import Redis

from ingress.brokers import Brokers
from ingress.tally import Tally
from poplin.catalog import BrokerRecord, Catalog, publish
from poplin.metrics import Counts

BROKER = BrokerRecord(namespace="n", name="b")


def spread_over(brokers: Brokers) -> int | None:
    door = brokers.get("n/b")
    return None if door is None else door.partitions


async def test_new_events_are_spread_over_the_number_that_is_in_force(redis: Redis) -> None:
    brokers, found = Brokers(redis, Tally(Counts())), []

    for number in (1, 4, 2):
        brokers.follow(await publish(redis, [replace(BROKER, partitions=number)], []))
        found.append((spread_over(brokers), len(brokers.logs), len(brokers.owing)))

    assert found == [(1, 1, 1), (4, 4, 4), (2, 2, 4)]


async def test_the_appender_stays_as_long_as_the_number_does(redis: Redis) -> None:
    brokers = Brokers(redis, Tally(Counts()))
    brokers.follow(await publish(redis, [replace(BROKER, partitions=2)], []))
    before = brokers.get("n/b")

    brokers.follow(await publish(redis, [replace(BROKER, partitions=2, retention_s=1.0)], []))

    assert brokers.get("n/b") is before


async def test_a_broker_that_is_looked_up_has_its_partitions(redis: Redis) -> None:
    brokers = Brokers(redis, Tally(Counts()))
    brokers.follow(Catalog())
    await publish(redis, [replace(BROKER, partitions=3)], [])

    await brokers.look_up("n/b")

    assert spread_over(brokers) == 3


async def test_an_edited_window_is_a_new_appender(redis: Redis) -> None:
    brokers, doors = Brokers(redis, Tally(Counts())), []

    for window_s in (None, 600.0, 600.0, 5.0, None):
        record = replace(BROKER, dedupe_window_s=window_s)
        brokers.follow(await publish(redis, [record], []))
        doors.append(brokers.get("n/b"))

    assert [one is other for one, other in pairwise(doors)] == [False, True, False, False]


async def test_events_are_spread_otherwise_once_a_trigger_wants_order(redis: Redis) -> None:
    brokers, doors = Brokers(redis, Tally(Counts())), []

    for partitions, keyed in ((2, False), (2, True), (2, True), (1, True), (1, False)):
        record = replace(BROKER, partitions=partitions, keyed=keyed)
        brokers.follow(await publish(redis, [record], []))
        doors.append(brokers.get("n/b"))

    assert [one is other for one, other in pairwise(doors)] == [False, True, False, True]

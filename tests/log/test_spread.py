"""Which partition an event goes to, and what its producer is told."""

import asyncio
from collections.abc import Sequence
from itertools import product

import orjson
import pytest
from redis.asyncio import Redis

from poplin.errors import PoplinError
from poplin.event import AttributeValue, Event
from poplin.log import Appender, BrokerGoneError, Entry, Log, partition_of, spread
from tests.log.helpers import GENERATION, event, log_ids, stream


@pytest.fixture
async def logs(redis: Redis) -> list[Log]:
    """Four open, empty partitions."""
    found = [Log(redis, "shop/orders", partition) for partition in range(4)]
    for log in found:
        await log.fence(GENERATION)
    return found


def keyed(key: AttributeValue | None) -> Event:
    return Event({} if key is None else {"partitionkey": key})


async def added(logs: Sequence[Log], *keys: AttributeValue | None) -> PoplinError | None:
    """One request with an event for each of the keys; what it is told."""
    told: asyncio.Future[PoplinError | None] = asyncio.get_running_loop().create_future()
    entries = [Entry(b'{"k":"%s"}' % str(key).encode(), None, b"") for key in keys]
    spread(logs).add(entries, told.set_result, [keyed(key) for key in keys])
    return await told


async def lengths(redis: Redis, logs: Sequence[Log]) -> list[int]:
    return [len(await log_ids(redis, log)) for log in logs]


@pytest.mark.parametrize(
    ("key", "partitions", "partition"),
    [("123456789", 1, 0), ("123456789", 4, 2), ("123456789", 64, 38), ("Ünïcode", 64, 60)],
)
def test_a_key_has_its_partition_for_ever(key: str, partitions: int, partition: int) -> None:
    """crc32 of its UTF-8 (0xCBF43926 is known for the first): other releases find the same one."""
    assert partition_of(key, partitions) == partition


def test_keys_spread_over_all_partitions() -> None:
    assert {partition_of(f"customer-{number}", 64) for number in range(2000)} == set(range(64))


@pytest.mark.parametrize(
    ("value", "key"),
    [("a b", "a b"), (7, "7"), (-1, "-1"), (True, "true"), (False, "false"), ("", ""), (None, "")],
)
def test_the_key_of_an_event_is_the_text_of_its_attribute(
    value: AttributeValue | None, key: str
) -> None:
    """Whichever mode it came in: a header has only text."""
    assert keyed(value).partition_key == key


async def test_events_with_a_key_go_to_its_partition(redis: Redis, logs: list[Log]) -> None:
    keys = [f"k{number}" for number in range(40)]

    for key in keys:
        assert await added(logs, key) is None

    for partition, log in enumerate(logs):
        found = [fields[b"a"].decode()[6:-2] for _, fields in await stream(redis, log.keys.log)]
        assert found == [key for key in keys if partition_of(key, 4) == partition]


async def test_where_order_is_wanted_events_without_a_key_go_by_their_source(
    redis: Redis, logs: list[Log]
) -> None:
    appender = spread(logs, keyed=True)
    sources = [f"/s{number}" for number in range(20)]

    for source in sources * 2:
        entry = Entry(source.encode(), None, b"")
        await appender.append(entry, Event({"source": source}))
    await appender.append(Entry(b"k1", None, b""), Event({"source": "/s", "partitionkey": "k1"}))

    for partition, log in enumerate(logs):
        found = [fields[b"a"].decode() for _, fields in await stream(redis, log.keys.log)]
        expected = [key for key in [*sources * 2, "k1"] if partition_of(key, 4) == partition]
        assert found == expected


@pytest.mark.parametrize("keyed", [False, True])
async def test_with_a_window_an_event_and_its_repeats_meet_in_one_partition(
    redis: Redis, logs: list[Log], keyed: bool
) -> None:
    """That of its source and id; of its key where a trigger wants its events in order."""
    heard: list[int] = []
    appender = spread(logs, keyed=keyed, window_s=60.0, repeated=heard.append)
    names = [f"e{number}" for number in range(12)]
    for name in names * 2:
        attributes = {"source": "/s", "id": name, "partitionkey": name[-1]}
        entry = Entry(orjson.dumps(attributes), None, b"")
        await appender.append(entry, Event(attributes))

    for partition, log in enumerate(logs):
        rows = await stream(redis, log.keys.log)
        found = [orjson.loads(fields[b"a"])["id"] for _, fields in rows]
        keys = {name: name[-1] if keyed else f"2:/s{name}" for name in names}
        assert found == [name for name in names if partition_of(keys[name], 4) == partition]
    assert heard == [1] * len(names)


@pytest.mark.parametrize(
    ("count", "keyed", "window_s", "fits"),
    [
        (1, False, None, {(1, False, None), (1, True, None)}),
        (1, True, 60.0, {(1, False, 60.0), (1, True, 60.0)}),
        (4, False, None, {(4, False, None)}),
        (4, True, None, {(4, True, None)}),
        (4, True, 60.0, {(4, True, 60.0)}),
    ],
)
def test_an_appender_fits_what_it_was_made_for(
    logs: list[Log],
    count: int,
    keyed: bool,
    window_s: float | None,
    fits: set[tuple[int, bool, float | None]],
) -> None:
    """One partition has the events of every key in any case."""
    appender = spread(logs[:count], keyed=keyed, window_s=window_s)
    asked = product((1, 4), (False, True), (None, 60.0, 5.0))

    assert {
        each for each in asked if appender.fits(each[0], keyed=each[1], window_s=each[2])
    } == fits


async def test_those_without_a_key_share_an_append_and_take_turns(
    redis: Redis, logs: list[Log]
) -> None:
    appender = spread(logs)
    found = []

    for _ in range(5):
        await asyncio.gather(*(appender.append(event(), keyed(None)) for _ in range(10)))
        found.append(await lengths(redis, logs))

    assert found == [
        [10, 0, 0, 0], [10, 10, 0, 0], [10, 10, 10, 0], [10, 10, 10, 10], [20, 10, 10, 10],
    ]  # fmt: skip


async def test_a_request_for_several_partitions_is_answered_when_all_of_it_is_stored(
    redis: Redis, logs: list[Log]
) -> None:
    keys = ["k0", None, "k1", "k2", None, "k3", "k4"]

    told = await added(logs, *keys)

    assert told is None
    assert sum(await lengths(redis, logs)) == len(keys)


@pytest.mark.parametrize("keys", [["k1", "k0", "k2", "k3"], ["k0", "k2", "k3", "k1"]])
async def test_a_part_that_fails_fails_the_request(
    redis: Redis, logs: list[Log], keys: list[str]
) -> None:
    """The others may be stored: the producer sends all of it again."""
    await logs[partition_of("k1", 4)].close()
    assert {partition_of(key, 4) for key in keys} > {partition_of("k1", 4)}

    told = await added(logs, *keys)

    assert isinstance(told, BrokerGoneError)
    assert 0 < sum(await lengths(redis, logs)) < len(keys)


async def test_one_partition_has_an_appender_and_nothing_before_it(logs: list[Log]) -> None:
    assert isinstance(spread(logs[:1]), Appender)
    assert [spread(logs[:count]).partitions for count in (1, 2, 4)] == [1, 2, 4]


async def test_close_waits_for_what_is_under_way_in_every_partition(
    redis: Redis, logs: list[Log]
) -> None:
    appender = spread(logs)
    keys = [None, "k0", "k1", "k2", "k3", "k4", "k5"]
    calls = [asyncio.create_task(appender.append(event(), keyed(key))) for key in keys]
    await asyncio.sleep(0)

    await appender.close()

    assert sum(await lengths(redis, logs)) == len(keys)
    await asyncio.gather(*calls)

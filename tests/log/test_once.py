"""append_once: what was appended less than a window ago is not appended again."""

import asyncio
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from poplin.errors import StoreFullError
from poplin.event import Event
from poplin.log import Appended, Entry, Log, LogId
from poplin.log.once import digest_of
from tests.conftest import MEMORY_BYTES
from tests.log.helpers import FOR_EVER, GENERATION, NEWEST, everything, log_ids, routed
from tests.log.seen import HOUR_MS, age, remembered

MINUTE_MS = 60_000
LINGER_MS = 60_000


def named(event_id: str, source: str = "/s", data: bytes = b"") -> Entry:
    return Entry(orjson.dumps({"id": event_id, "source": source}), None, data)


async def once(log: Log, *names: str, window_ms: int = HOUR_MS) -> Appended:
    entries = [named(name) for name in names]
    appended = await log.append_once(entries, list(map(digest_of, entries)), window_ms)
    assert appended is not None
    return appended


async def is_new(log: Log, name: str, window_ms: int = HOUR_MS) -> bool:
    return (await once(log, name, window_ms=window_ms)).repeats == 0


def ms_of(log_id: LogId) -> int:
    return int(log_id.partition(b"-")[0])


async def expiries(redis: Redis, log: Log) -> list[int]:
    """Of the buckets, in ms of the server's clock; -2 for one that is not there."""
    found: Sequence[Any] = [await redis.pexpiretime(key) for key in log.keys.seen]
    return list(found)


async def test_a_repeat_is_left_out_and_stands_where_the_first_is(redis: Redis, log: Log) -> None:
    (first,) = (await once(log, "a")).ids
    (other,) = (await once(log, "b")).ids

    assert await once(log, "a") == Appended([first], 1)
    assert await log_ids(redis, log) == [first, other]


async def test_repeats_within_a_batch_are_left_out(redis: Redis, log: Log) -> None:
    (before,) = (await once(log, "a")).ids

    ids, repeats = await once(log, "b", "a", "b", "c")

    assert ids == [ids[0], before, ids[0], ids[3]]
    assert repeats == 2
    assert await log_ids(redis, log) == [before, ids[0], ids[3]]


async def test_what_is_stored_is_the_first_as_it_came(log: Log) -> None:
    first, repeat = named("a", data=b"first"), named("a", data=b"repeat")
    digests = [digest_of(first), digest_of(repeat)]

    await log.append_once([first, repeat], digests, HOUR_MS)

    assert [entry for _, entry in await log.read(LogId(b"0-0"), 10, 0)] == [first]


async def test_the_window_is_exact(log: Log) -> None:
    """By the server's clock, to the millisecond, through many turns of the buckets."""
    window_ms, stored, dropped, last_ms = 20, 0, 0, 0
    while stored < 20 or not dropped:
        began_ms = await log.server_time_us() // 1000
        (log_id,), repeats = await once(log, "a", window_ms=window_ms)
        if repeats:
            dropped += 1
            assert began_ms - last_ms < window_ms
        else:
            stored += 1
            now_ms = ms_of(log_id)
            assert now_ms - last_ms >= window_ms
            last_ms = now_ms


async def test_a_repeat_does_not_make_the_window_longer(redis: Redis, log: Log) -> None:
    await once(log, "a")
    await age(redis, log, HOUR_MS // 2)
    assert not await is_new(log, "a")

    await age(redis, log, HOUR_MS // 2)

    assert await is_new(log, "a")


async def test_what_is_new_again_is_remembered_anew(redis: Redis, log: Log) -> None:
    await once(log, "a")
    await age(redis, log, HOUR_MS)
    (second,) = (await once(log, "a")).ids

    assert await once(log, "a") == Appended([second], 1)


@pytest.mark.parametrize(
    ("before_ms", "now_ms", "passed_ms", "expected"),
    [
        (HOUR_MS, 10 * MINUTE_MS, 5 * MINUTE_MS, False),
        (HOUR_MS, 10 * MINUTE_MS, 10 * MINUTE_MS, True),
        (HOUR_MS, 2 * HOUR_MS, HOUR_MS - 1, False),
        (10 * MINUTE_MS, HOUR_MS, 9 * MINUTE_MS, False),
        (10 * MINUTE_MS, HOUR_MS, HOUR_MS, True),
    ],
)
async def test_the_window_in_force_counts(
    redis: Redis, log: Log, before_ms: int, now_ms: int, passed_ms: int, expected: bool
) -> None:
    """A longer one cannot bring back what the shorter one has forgotten."""
    await once(log, "a", window_ms=before_ms)
    await age(redis, log, passed_ms)

    assert await is_new(log, "a", window_ms=now_ms) == expected


async def test_at_most_two_windows_are_remembered(redis: Redis, log: Log) -> None:
    """The append that comes after that frees the rest."""
    window_ms, first_ms, now_ms, number = 30, 0, 0, 0
    while now_ms - first_ms < 5 * window_ms:
        now_ms = ms_of((await once(log, str(number), window_ms=window_ms)).ids[0])
        first_ms, number = first_ms or now_ms, number + 1
        known = await remembered(redis, log)
        assert all(now_ms - ms_of(log_id) <= 2 * window_ms for log_id in known.values())
    assert number > len(known) > 0


async def test_a_broker_to_which_nothing_comes_forgets_by_itself(redis: Redis, log: Log) -> None:
    """A minute after what its next append would have freed."""
    before_ms = await log.server_time_us() // 1000
    await once(log, "a")
    after_ms = await log.server_time_us() // 1000

    (expires_ms,) = [each for each in await expiries(redis, log) if each != -2]
    low, high = (each // HOUR_MS * HOUR_MS + 2 * HOUR_MS for each in (before_ms, after_ms))
    assert low + LINGER_MS <= expires_ms <= high + LINGER_MS


async def test_a_shorter_window_frees_what_the_longer_one_kept(redis: Redis, log: Log) -> None:
    window_ms, number = 30, 0
    (first,) = (await once(log, "a", window_ms=24 * HOUR_MS)).ids

    async with asyncio.timeout(10):
        while first in (await remembered(redis, log)).values():
            await once(log, str(number), window_ms=window_ms)
            number += 1


async def test_a_clock_that_went_back_neither_keeps_nor_drops_for_ever(
    redis: Redis, log: Log
) -> None:
    """Ids go on from the highest one, so they are ahead of the clock."""
    ahead_ms = await log.server_time_us() // 1000 + 24 * HOUR_MS
    await redis.execute_command(
        "XADD", log.keys.log, f"{ahead_ms}-0", "a", b'{"source":"/s","id":"x"}'
    )

    assert (await once(log, "a")).ids[0].startswith(b"%d-" % ahead_ms)

    assert not await is_new(log, "a")
    latest_ms = ahead_ms - 22 * HOUR_MS + LINGER_MS
    assert all(each <= latest_ms for each in await expiries(redis, log))


async def test_a_broker_that_is_gone_remembers_nothing(redis: Redis, log: Log) -> None:
    await log.close()
    before = await everything(redis)

    assert await log.append_once([named("a")], [digest_of(named("a"))], HOUR_MS) is None
    assert await everything(redis) == before


async def test_what_a_full_store_refuses_is_not_remembered(redis: Redis, log: Log) -> None:
    await redis.config_set("maxmemory", 1)
    with pytest.raises(StoreFullError):
        await once(log, "a")
    await redis.config_set("maxmemory", MEMORY_BYTES)

    assert await is_new(log, "a")


async def test_a_trimmed_event_is_remembered_still(redis: Redis, log: Log) -> None:
    first, last = (await once(log, "a", "b")).ids
    await routed(log, last, {})
    await log.trim(NEWEST, FOR_EVER)
    assert await log_ids(redis, log) == [last]

    assert await once(log, "a") == Appended([first], 1)


async def test_a_partition_that_is_erased_forgets(redis: Redis, log: Log) -> None:
    await once(log, "a")
    await log.close()
    await log.erase()
    assert await everything(redis) == {}
    await log.fence(GENERATION)

    assert await is_new(log, "a")


async def test_partitions_remember_for_themselves(redis: Redis, log: Log) -> None:
    other = Log(redis, "shop/orders", 1)
    await other.fence(GENERATION)
    await once(log, "a")

    assert await is_new(other, "a")


async def test_a_call_takes_a_thousand(redis: Redis, log: Log) -> None:
    names = list(map(str, range(1000)))

    first, again = await once(log, *names), await once(log, *names)

    assert first.repeats == 0
    assert again == Appended(first.ids, 1000)
    assert len(await log_ids(redis, log)) == 1000


async def test_a_call_of_nothing_is_nothing(log: Log) -> None:
    await once(log, "a")

    assert await once(log) == Appended([], 0)


async def test_a_repeat_is_a_write(redis: Redis, log: Log) -> None:
    """Else WAIT, on a connection of its own, would not wait for a replica to have the first."""
    await once(log, "a")
    before = await everything(redis)
    changes = (await redis.info("persistence"))["rdb_changes_since_last_save"]

    await once(log, "a")

    assert (await redis.info("persistence"))["rdb_changes_since_last_save"] > changes
    assert await everything(redis) == before


async def test_a_plain_append_does_no_more_than_it_did(redis: Redis, log: Log) -> None:
    """What the server was asked for, by its own account."""
    await log.append([])
    await redis.config_resetstat()

    await log.append([named("a"), named("b")])

    calls = {
        name.removeprefix("cmdstat_"): figures["calls"]
        for name, figures in (await redis.info("commandstats")).items()
    }
    calls.pop("config|resetstat", None)
    assert calls == {"evalsha": 1, "hexists": 1, "xadd": 2}


@given(st.tuples(st.text(), st.text()), st.tuples(st.text(), st.text()))
def test_no_two_events_share_an_identity(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Whatever source and id are made of."""
    found = [Event({"source": source, "id": id_}).identity for source, id_ in (one, other)]

    assert (found[0] == found[1]) == (one == other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("/a", "b"), ("/ab", "")),
        (("/a", "1:b"), ("/a1:", "b")),
        (("1", "2"), ("12", "")),
        (("/s", "é"), ("/s", "e\u0301")),
        (("/s", "x"), ("/s", "x ")),
        (("/s", "X"), ("/s", "x")),
    ],
)
def test_the_digest_tells_events_apart(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert digest_of(named(one[1], one[0])) != digest_of(named(other[1], other[0]))


def test_the_digest_is_of_source_and_id_alone() -> None:
    attributes = {"specversion": "1.0", "type": "t", "source": "/s", "id": "a", "x": 1}

    assert digest_of(Entry(orjson.dumps(attributes), b"[]", b"data")) == digest_of(named("a"))


def test_the_digest_is_the_same_in_every_release() -> None:
    """Ingress processes of two releases must agree on what they have seen."""
    assert digest_of(named("4711", "/shop")).hex() == "d6e113f46666e159cd6ff51444748617"

"""An ordered trigger: of each key one entry at a time, in log order, while other keys flow."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
import pytest
from redis.asyncio import Redis

from poplin.event import AttributeValue, Event
from poplin.log import DONE, FREED, GONE, Burial, Entry, Held, Log, LogId, Matches
from poplin.log.look import PARKED_US
from tests.log.helpers import (
    FOR_EVER,
    GENERATION,
    MARK,
    NEWEST,
    counts,
    graves,
    later,
    lease_runs_out,
    times,
)


async def lined_up(log: Log, *keys: str, uid: str = "a") -> list[LogId]:
    """An event for each of the keys, routed to an ordered trigger."""
    return await in_line(log, *({"partitionkey": key} for key in keys), uid=uid)


async def in_line(
    log: Log, *attributes: Mapping[str, AttributeValue], uid: str = "a", is_ordered: bool = True
) -> list[LogId]:
    entries = [Entry(orjson.dumps({"source": "/s", **each}), None, b"") for each in attributes]
    ids = await log.append(entries)
    assert ids is not None
    position = await log.position()
    routed = await log.route(position, ids[-1], len(ids), {uid: Matches(ids, 0, is_ordered)})
    assert routed.token is not None
    return ids


async def leased(log: Log, uid: str = "a") -> list[Held]:
    found = await log.lease(uid, 1000, FOR_EVER)
    return [Held(uid, entry.id, found.token) for entry in found.entries]


async def heads(log: Log, uid: str = "a") -> list[LogId]:
    return [held.id for held in await leased(log, uid)]


async def test_of_each_key_the_first_is_due_and_the_others_are_parked(
    redis: Redis, log: Log
) -> None:
    one, other, again = await lined_up(log, "x", "y", "x")

    assert await heads(log) == [one, other]
    assert (await times(redis, log.keys.due("a")))[again] == PARKED_US
    assert await log.peek(["a"]) == [None], "what is parked waits for no time"


async def test_the_next_of_a_key_is_due_when_the_one_before_it_is_settled(log: Log) -> None:
    ids = await lined_up(log, "x", "y", "x", "x")
    one, other = await leased(log)

    assert await log.settle([other, one]) == [DONE, FREED]

    assert await heads(log) == [ids[2]]


async def test_more_than_ten_of_a_millisecond_keep_their_order(log: Log) -> None:
    """As text 1-10 comes before 1-9."""
    ids = await lined_up(log, *["x"] * 25)
    found = []

    while held := await leased(log):
        found += [each.id for each in held]
        await log.settle(held)

    assert found == ids


async def test_a_retry_holds_up_its_own_key_only(log: Log) -> None:
    one, other, _, behind_other = await lined_up(log, "x", "y", "x", "y")
    failed, settled = await leased(log)

    assert await log.defer(later([failed])) == [True]
    assert await log.settle([settled]) == [FREED]
    assert (failed.id, settled.id) == (one, other)

    assert await heads(log) == [behind_other]
    waits = (await log.peek(["a"]))[0]
    assert waits is not None, "the retry is waited for"
    assert 0 < waits <= 60


async def test_a_dead_letter_frees_its_key(log: Log) -> None:
    _, behind = await lined_up(log, "x", "x")

    assert await log.bury(graves(await leased(log))) == [FREED]

    assert await heads(log) == [behind]


@pytest.mark.parametrize("takes", [True, False])
async def test_on_its_way_to_the_sink_it_holds_its_key(log: Log, takes: bool) -> None:
    """Until the sink has it, or refuses it for good."""
    one, behind = await lined_up(log, "x", "x")

    assert await log.bury(graves(await leased(log), has_sink=True)) == [DONE]
    to_sink = await leased(log)
    assert [held.id for held in to_sink] == [one]
    ended = await log.settle(to_sink) if takes else await log.bury(graves(to_sink))

    assert ended == [FREED]
    assert await heads(log) == [behind]


async def test_a_worker_that_died_holds_its_key_until_another_has_done_its_work(
    redis: Redis, log: Log
) -> None:
    one, behind = await lined_up(log, "x", "x")
    (lost,) = await leased(log)

    await lease_runs_out(redis, log, "a", one)
    (again,) = await leased(log)

    assert again.id == one
    assert await log.settle([lost]) == [GONE]
    assert await heads(log) == []
    assert await log.settle([again]) == [FREED]
    assert await heads(log) == [behind]


async def test_a_repeat_of_a_settle_frees_nobody_twice(log: Log) -> None:
    await lined_up(log, "x", "x", "x")
    held = await leased(log)
    await log.settle(held)

    assert await log.settle(held) == [GONE]

    assert len(await leased(log)) == 1


async def test_triggers_have_lines_of_their_own(log: Log) -> None:
    entry = Entry(b'{"source":"/s"}', None, b"")
    ids = await log.append([entry, entry, entry])
    assert ids is not None
    matches = {
        "a": Matches(ids[:2], 0, True),
        "plain": Matches(ids, 1),
        "b": Matches(ids[2:], 0, True),
    }
    routed = await log.route(await log.position(), ids[-1], 3, matches)
    assert routed.token is not None

    assert await heads(log, "plain") == ids[1:]
    one, other = await leased(log, "a"), await leased(log, "b")
    assert ([held.id for held in one], [held.id for held in other]) == (ids[:1], ids[2:])
    plain = Held("plain", ids[0], routed.token)
    assert await log.settle([plain, *other, *one]) == [DONE, DONE, FREED]


async def test_without_an_order_no_key_is_kept(redis: Redis, log: Log) -> None:
    ids = await in_line(log, {"partitionkey": "x"}, {"partitionkey": "x"}, is_ordered=False)

    assert await heads(log) == ids
    assert await redis.exists(log.keys.order("a")) == 0


async def test_without_an_order_a_settle_looks_once_whether_there_is_a_line(
    redis: Redis, log: Log
) -> None:
    await in_line(log, *[{"partitionkey": "x"}] * 50, is_ordered=False)
    held = await leased(log)
    await redis.config_resetstat()

    await log.settle(held)

    calls = await redis.info("commandstats")
    assert calls["cmdstat_exists"]["calls"] == 2, "the other is for attempts"
    assert calls.keys().isdisjoint({"cmdstat_zscore", "cmdstat_zcount", "cmdstat_zrangebyscore"})


async def test_nothing_of_a_line_is_left_when_it_is_empty(redis: Redis, log: Log) -> None:
    await lined_up(log, "x", "x", "y")

    while held := await leased(log):
        await log.settle(held)

    assert await redis.exists(log.keys.order("a"), log.keys.due("a"), log.keys.refs) == 0


# The key

KEYS: list[tuple[dict[str, AttributeValue], str]] = [
    ({}, "/s"),
    ({"partitionkey": ""}, "/s"),
    ({"partitionkey": "a b"}, "a b"),
    ({"partitionkey": "Ünï\u2028code \U0001f600"}, "Ünï\u2028code \U0001f600"),
    ({"partitionkey": 'quo"ted\\'}, 'quo"ted\\'),
    ({"partitionkey": 7}, "7"),
    ({"partitionkey": -2147483648}, "-2147483648"),
    ({"partitionkey": True}, "true"),
    ({"partitionkey": False}, "false"),
    ({"partitionkey": "k" * 5000}, "k" * 5000),
]


@pytest.mark.parametrize(("attributes", "key"), KEYS)
async def test_log_and_partitions_agree_on_the_key_of_an_event(
    log: Log, attributes: dict[str, AttributeValue], key: str
) -> None:
    """Whichever mode it came in: a header has only text."""
    one, _ = await in_line(log, attributes, {"partitionkey": key})

    assert Event({"source": "/s", **attributes}).order_key == key
    assert await heads(log) == [one]


# Operators


async def buried(log: Log, *keys: str) -> list[LogId]:
    ids = await lined_up(log, *keys)
    while held := await leased(log):
        await log.bury([Burial(each, b"why", False) for each in held])
    return ids


Again = Callable[[Log, Sequence[LogId]], Awaitable[int]]


async def _revive(log: Log, ids: Sequence[LogId]) -> int:
    return await log.revive("a", ids, is_ordered=True)


async def _replay(log: Log, ids: Sequence[LogId]) -> int:
    found = await log.replay("a", ids, GENERATION, MARK, is_ordered=True)
    assert found is not None
    return found.replayed


@pytest.mark.parametrize("again", [_revive, _replay])
async def test_what_comes_again_lines_up_in_log_order(log: Log, again: Again) -> None:
    """Behind what is at work, before what waits."""
    dead = await buried(log, "x", "x", "y")
    at_work, waits = await lined_up(log, "x", "x")
    (held,) = await leased(log)

    assert await again(log, [dead[1], dead[0], dead[2]]) == 3

    assert held.id == at_work
    assert await heads(log) == [dead[2]]
    found = []
    last = [held]
    while last:
        await log.settle(last)
        last = await leased(log)
        found += [each.id for each in last]
    assert found == [dead[0], dead[1], waits]


async def test_a_dropped_queue_leaves_no_line(redis: Redis, log: Log) -> None:
    await lined_up(log, "x", "x", "y", "y")
    await leased(log)

    assert await log.drop("a", GENERATION) == (4, 0)

    assert await redis.exists(log.keys.order("a"), log.keys.due("a")) == 0


async def test_a_dropped_queue_leaves_no_line_of_what_was_not_due_any_more(
    redis: Redis, log: Log
) -> None:
    """As when a slot that moved has stopped a script half-way."""
    ids = await lined_up(log, "x", "x")
    await redis.zrem(log.keys.due("a"), *ids)

    assert await log.drop("a", GENERATION) == (0, 0)

    assert await redis.exists(log.keys.order("a")) == 0


async def test_what_is_parked_is_owed_and_never_trimmed(redis: Redis, log: Log) -> None:
    ids = await lined_up(log, "x", "x", "x")

    assert (await log.trim(NEWEST, FOR_EVER))[0] == 0

    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)
    assert (await log.usage()).references == 3


# The annotation comes and goes


async def test_turned_off_what_is_parked_drains_in_order_and_what_comes_flows(log: Log) -> None:
    ids = await lined_up(log, "x", "x", "x")
    late = await in_line(log, {"partitionkey": "x"}, is_ordered=False)

    assert await heads(log) == [ids[0], *late]


async def test_turned_on_what_was_queued_before_flows_and_what_comes_lines_up(log: Log) -> None:
    early = await in_line(log, {"partitionkey": "x"}, {"partitionkey": "x"}, is_ordered=False)
    ids = await lined_up(log, "x", "x")

    assert await heads(log) == [*early, ids[0]]


# What a store may have lost


async def test_a_log_that_is_routed_again_leaves_nobody_waiting(redis: Redis, log: Log) -> None:
    """Somebody deleted the cursor: who had a place keeps it."""
    ids = await lined_up(log, "x", "y", "x", "x")
    held = await leased(log)
    await redis.hdel(log.keys.state, "cursor")

    routed = await log.route(await log.position(), ids[-1], 4, {"a": Matches(ids, 0, True)})

    assert routed.token is not None
    assert await log.settle(held) == [FREED, DONE]
    assert await heads(log) == [ids[2]]

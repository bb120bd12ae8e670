"""route: routing is exactly once with no lock."""

import asyncio

import pytest
from redis.asyncio import Redis

from poplin.log import Log, LogId, Matches, Position, Routed
from tests.log.helpers import accepted, as_of, counts, dead, everything, leased, routed, times

STALE = Routed(None)


async def test_matches_wait_in_their_queues_and_the_cursor_moves(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 3)

    await routed(log, ids[2], {"a": ids, "b": ids[1:2]})

    assert set(await times(redis, log.keys.due("a"))) == set(ids)
    assert set(await times(redis, log.keys.due("b"))) == {ids[1]}
    assert await counts(redis, log.keys.refs) == {ids[0]: 1, ids[1]: 2, ids[2]: 1}
    assert (await log.position()).cursor == ids[2]


async def test_the_first_are_leased_to_the_caller_and_the_rest_are_due_now(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 3)
    early = await log.server_time_us()

    token = await routed(log, ids[2], {"a": ids}, leased=2)

    late = await log.server_time_us()
    found = await times(redis, log.keys.due("a"))
    assert (found[ids[0]], found[ids[1]]) == (token, token)
    assert early <= found[ids[2]] <= late
    assert early + 10_000_000 <= -token <= late + 10_000_000


async def test_entries_that_no_trigger_wants_only_move_the_cursor(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 2)

    await routed(log, ids[1], {})

    assert (await log.position()).cursor == ids[1]
    assert await redis.exists(log.keys.refs) == 0


async def test_two_routers_with_the_same_cursor_one_wins(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 4)
    position = await log.position()

    answers = await asyncio.gather(
        *(log.route(position, ids[3], 4, {"a": Matches(ids, 4)}) for _ in range(8))
    )

    assert sum(answer != STALE for answer in answers) == 1
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)


async def test_a_repeat_after_a_lost_answer_is_stale_and_changes_nothing(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 2)
    position = await log.position()
    await log.route(position, ids[1], 2, {"a": Matches(ids)})
    before = await everything(redis)

    assert await log.route(position, ids[1], 2, {"a": Matches(ids)}) == STALE
    assert await everything(redis) == before


async def test_a_router_with_an_older_trigger_set_is_stale(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    position = await log.position()
    await log.fence(2)
    before = await everything(redis)

    assert await log.route(position, ids[0], 1, {"a": Matches(ids)}) == STALE
    assert await everything(redis) == before


async def test_a_router_with_a_newer_trigger_set_than_the_fence_routes(log: Log) -> None:
    ids = await accepted(log, 1)

    answer = await log.route(as_of(await log.position(), 9), ids[0], 1, {"a": Matches(ids)})

    assert answer != STALE


async def test_generations_are_compared_as_numbers(log: Log) -> None:
    await log.fence(9)
    ids = await accepted(log, 1)

    assert await log.route(as_of(await log.position(), 10), ids[0], 1, {"a": Matches(ids)}) != STALE


async def test_a_router_is_stale_when_a_failover_took_the_last_entry_it_read(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 2)
    position = await log.position()
    await redis.xdel(log.keys.log, ids[1])
    await accepted(log, 1)
    before = await everything(redis)

    assert await log.route(position, ids[1], 2, {"a": Matches(ids)}) == STALE
    assert await everything(redis) == before


async def test_nothing_is_routed_once_the_broker_is_closed(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    position = await log.position()
    await log.close()
    before = await everything(redis)

    assert await log.route(position, ids[0], 1, {"a": Matches(ids)}) == STALE
    assert await log.route(as_of(position, 99), ids[0], 1, {"a": Matches(ids)}) == STALE
    assert await everything(redis) == before


async def test_a_router_from_before_the_broker_was_closed_is_stale_after_it_opens(
    log: Log,
) -> None:
    ids = await accepted(log, 1)
    position = await log.position()
    await log.close()
    await log.fence(2)

    assert await log.route(position, ids[0], 1, {"a": Matches(ids)}) == STALE


async def test_a_closed_broker_keeps_its_place(log: Log) -> None:
    ids = await accepted(log, 2)
    await routed(log, ids[0], {"a": ids[:1]})
    await log.close()
    await log.fence(2)

    assert await log.position() == Position(ids[0], 2)
    await routed(log, ids[1], {"a": ids[1:]})


@pytest.mark.parametrize("count", [999, 1000, 1001, 4500])
async def test_one_trigger_may_want_more_than_lua_unpacks(
    redis: Redis, log: Log, count: int
) -> None:
    ids = await accepted(log, count)

    await routed(log, ids[-1], {"a": ids}, leased=count - 1)

    assert await redis.zcard(log.keys.due("a")) == count
    assert await redis.zcount(log.keys.due("a"), "-inf", 0) == count - 1
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, 1)


async def test_one_event_may_match_a_thousand_triggers(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    uids = [f"t{number}" for number in range(1200)]

    await routed(log, ids[0], dict.fromkeys(uids, ids))

    assert await counts(redis, log.keys.refs) == {ids[0]: 1200}
    assert await log.peek(uids) == [0.0] * 1200


async def test_routing_leaves_what_waits_already_alone(redis: Redis, log: Log) -> None:
    held = await leased(log, 1)
    buried = await dead(log, 1)
    before = await times(redis, log.keys.due("a"))
    ids = await accepted(log, 1)

    await routed(log, ids[0], {"a": ids})

    after = await times(redis, log.keys.due("a"))
    assert {held[0].id: after[held[0].id]} == before
    assert await times(redis, log.keys.dead("a")) != {}
    assert await counts(redis, log.keys.refs) == {held[0].id: 1, buried[0]: 1, ids[0]: 1}


async def test_a_cursor_is_a_whole_id_and_not_a_number(log: Log) -> None:
    ids = await accepted(log, 3)

    await routed(log, ids[2], {})

    assert await log.read(ids[2], 10, 0) == []
    assert (await log.position()).cursor == LogId(ids[2])

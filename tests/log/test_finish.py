"""What settle, renew, defer and bury each change."""

import pytest
from redis.asyncio import Redis

from poplin.log import Burial, Deferral, Held, Log, LogId
from tests.log.helpers import (
    FOR_EVER,
    NEWEST,
    accepted,
    counts,
    everything,
    fields,
    graves,
    journal,
    later,
    lease_runs_out,
    leased,
    log_ids,
    owed,
    routed,
    times,
)


async def test_settled_is_forgotten_but_stays_for_replay(redis: Redis, log: Log) -> None:
    held = await leased(log, 2)

    await log.settle(held[:1])

    assert set(await times(redis, log.keys.due("a"))) == {held[1].id}
    assert await counts(redis, log.keys.refs) == {held[1].id: 1}
    assert await log_ids(redis, log) == [held[0].id, held[1].id]


async def test_settle_forgets_attempts_crashes_and_grave(redis: Redis, log: Log) -> None:
    held = await leased(log, 2)
    await log.defer(later(held, 0))
    await lease_runs_out(redis, log, "a", *(item.id for item in held))
    token = (await log.lease("a", 2, FOR_EVER)).token
    held = [Held("a", item.id, token) for item in held]
    await redis.hset(log.keys.grave("a"), mapping={item.id: b"why" for item in held})

    await log.settle(held[:1])

    assert await fields(redis, log.keys.grave("a")) == {held[1].id}
    kept = {held[1].id, held[1].id + b"/crashes", held[1].id + b"/first"}
    assert await fields(redis, log.keys.tries("a")) == kept


async def test_the_last_reference_below_the_trimmed_line_takes_the_entry_along(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 3)
    token = await routed(log, ids[2], {"a": ids[:1], "b": ids[:1]}, leased=1)
    await log.trim(NEWEST, FOR_EVER)
    assert await log_ids(redis, log) == [ids[0], ids[2]]

    await log.settle([Held("a", ids[0], token)])
    assert await log_ids(redis, log) == [ids[0], ids[2]]
    await log.settle([Held("b", ids[0], token)])
    assert await log_ids(redis, log) == [ids[2]]


async def test_the_last_reference_above_the_trimmed_line_leaves_the_entry(
    redis: Redis, log: Log
) -> None:
    ids = await accepted(log, 3)
    token = await routed(log, ids[2], {"a": ids}, leased=3)
    await log.trim(ids[1], FOR_EVER)

    await log.settle([Held("a", log_id, token) for log_id in ids])

    assert await log_ids(redis, log) == ids[1:]


@pytest.mark.parametrize(
    ("log_id", "trimmed", "is_kept"),
    [
        ("9-5", "10-0", False),
        ("10-9", "10-10", False),
        ("10-10", "10-10", True),
        ("10-10", "10-9", True),
        ("10-0", "9-99", True),
        ("10-9007199254740992", "10-9007199254740993", False),
        ("10-9007199254740993", "10-9007199254740993", True),
    ],
)
async def test_ids_are_compared_as_ids(
    redis: Redis, log: Log, log_id: str, trimmed: str, is_kept: bool
) -> None:
    await redis.xadd(log.keys.log, {"a": b"{}"}, id=log_id)
    held = LogId(log_id.encode())
    token = await routed(log, held, {"a": [held]}, leased=1)
    await redis.hset(log.keys.state, "trimmed", trimmed)

    await log.settle([Held("a", held, token)])

    assert await log_ids(redis, log) == ([held] if is_kept else [])


# renew


async def test_renew_pushes_the_lease_under_a_new_token(redis: Redis, log: Log) -> None:
    held = await leased(log, 3)
    early = await log.server_time_us()

    token, _ = await log.renew(held[:2])

    late = await log.server_time_us()
    assert early + 10_000_000 <= -token <= late + 10_000_000
    assert await times(redis, log.keys.due("a")) == {
        held[0].id: token,
        held[1].id: token,
        held[2].id: held[2].token,
    }
    assert await log.settle([Held("a", held[0].id, token)]) == [True]


# defer


async def test_deferred_is_due_after_its_delay(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    early = await log.server_time_us()

    await log.defer(later([held], 1.5))

    late = await log.server_time_us()
    due = (await times(redis, log.keys.due("a")))[held.id]
    assert early + 1_500_000 <= due <= late + 1_500_000
    assert await counts(redis, log.keys.refs) == {held.id: 1}


async def test_an_attempt_is_counted(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)

    await log.defer(later([held], 0))

    tries = await counts(redis, log.keys.tries("a"))
    assert tries.pop(held.id) == 1
    assert set(tries) == {held.id + b"/first"}


async def test_an_entry_given_back_unsent_uses_up_no_attempt(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)

    await log.defer(later([held], 0, counts=False))

    assert await counts(redis, log.keys.tries("a")) == {}
    assert (await log.lease("a", 1, FOR_EVER)).entries[0].tries == 0


async def test_each_item_has_its_own_delay_and_count(redis: Redis, log: Log) -> None:
    held = await leased(log, 3)

    await log.defer(
        [
            Deferral(held[0], 60, counts=True),
            Deferral(held[1], 0, counts=False),
            Deferral(held[2], 30, counts=True),
        ]
    )

    assert list(await times(redis, log.keys.due("a"))) == [held[1].id, held[2].id, held[0].id]
    tries = await counts(redis, log.keys.tries("a"))
    assert [tries.get(item.id) for item in held] == [1, None, 1]


# bury


async def test_given_up_without_a_sink_is_dead(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    early = await log.server_time_us()

    await log.bury([Burial(held, b"410", has_sink=False)])

    late = await log.server_time_us()
    assert await times(redis, log.keys.due("a")) == {}
    dead = await times(redis, log.keys.dead("a"))
    assert early <= dead[held.id] <= late
    assert await redis.hgetall(log.keys.grave("a")) == {held.id: b"410"}
    assert await counts(redis, log.keys.refs) == {held.id: 1}


async def test_given_up_with_a_sink_is_due_now_for_the_sink(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    early = await log.server_time_us()

    await log.bury([Burial(held, b"410", has_sink=True)])

    late = await log.server_time_us()
    assert early <= (await times(redis, log.keys.due("a")))[held.id] <= late
    assert await times(redis, log.keys.dead("a")) == {}
    assert await redis.hgetall(log.keys.grave("a")) == {held.id: b"410"}


@pytest.mark.parametrize("has_sink", [True, False])
async def test_burial_starts_the_count_of_attempts_anew(
    redis: Redis, log: Log, has_sink: bool
) -> None:
    held = await leased(log, 2)
    await log.defer(later(held, 0))
    await lease_runs_out(redis, log, "a", *(item.id for item in held))
    token = (await log.lease("a", 2, FOR_EVER)).token

    await log.bury(graves([Held("a", held[0].id, token)], has_sink))

    assert {field.partition(b"/")[0] for field in await fields(redis, log.keys.tries("a"))} == {
        held[1].id
    }


async def test_the_sink_refuses_for_good_and_the_entry_is_dead_with_both_reasons(
    redis: Redis, log: Log
) -> None:
    (held,) = await leased(log, 1)
    await log.bury([Burial(held, b"410", has_sink=True)])
    taken = await log.lease("a", 1, FOR_EVER)
    for_sink = Held("a", held.id, taken.token)

    assert await log.bury([Burial(for_sink, b"410, 404", has_sink=False)]) == [True]

    assert set(await times(redis, log.keys.dead("a"))) == {held.id}
    assert await redis.hgetall(log.keys.grave("a")) == {held.id: b"410, 404"}
    assert await counts(redis, log.keys.refs) == {held.id: 1}


async def test_the_sink_has_it_and_nothing_is_left(redis: Redis, log: Log) -> None:
    (held,) = await leased(log, 1)
    await log.bury(graves([held], has_sink=True))
    taken = await log.lease("a", 1, FOR_EVER)

    await log.settle([Held("a", held.id, taken.token)])

    assert set(await everything(redis)) == {log.keys.log.encode(), log.keys.state.encode()}


async def test_each_burial_has_its_own_grave_and_sink(redis: Redis, log: Log) -> None:
    held = await leased(log, 2)

    await log.bury([Burial(held[0], b"one", has_sink=True), Burial(held[1], b"two", False)])

    assert set(await times(redis, log.keys.due("a"))) == {held[0].id}
    assert set(await times(redis, log.keys.dead("a"))) == {held[1].id}
    assert await redis.hgetall(log.keys.grave("a")) == {held[0].id: b"one", held[1].id: b"two"}


# journal


async def test_settle_defer_and_bury_each_write_their_lines(redis: Redis, log: Log) -> None:
    held = await leased(log, 6)

    await log.settle(held[:2], b"settled\n")
    await log.defer(later(held[2:4]), b"deferred\n")
    await log.bury(graves(held[4:]), b"buried\n")

    assert await journal(redis, log) == [b"settled", b"deferred", b"buried"]


async def test_a_repeat_and_what_nobody_holds_are_not_told(redis: Redis, log: Log) -> None:
    """The answer to the first may have been lost."""
    held = await leased(log, 3)

    for _ in range(2):
        await log.settle(held[:1], b"settled\n")
        await log.defer(later(held[1:2]), b"deferred\n")
        await log.bury(graves(held[2:]), b"buried\n")

    assert await journal(redis, log) == [b"settled", b"deferred", b"buried"]


async def test_no_line_no_journal(redis: Redis, log: Log) -> None:
    held = await leased(log, 3)

    await log.settle(held[:1])
    await log.defer(later(held[1:2]))
    await log.bury(graves(held[2:]))

    assert await journal(redis, log) == []
    assert await redis.exists(log.keys.journal, log.keys.journal_tail) == 0


async def test_finishing_one_trigger_leaves_the_other_alone(redis: Redis, log: Log) -> None:
    ids = await owed(log, 1, "a", "b")
    before = await times(redis, log.keys.due("b"))
    taken = await log.lease("a", 1, FOR_EVER)

    await log.settle([Held("a", ids[0], taken.token)])

    assert await times(redis, log.keys.due("b")) == before
    assert await counts(redis, log.keys.refs) == {ids[0]: 1}

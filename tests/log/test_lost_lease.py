"""settle, renew, defer and bury alike: only the holder of the lease changes anything."""

from collections.abc import Awaitable, Callable, Sequence

import pytest
from redis.asyncio import Redis

from poplin.log import Held, Log, Token
from tests.log.helpers import (
    FOR_EVER,
    accepted,
    counts,
    dropped,
    everything,
    graves,
    later,
    lease_runs_out,
    leased,
    routed,
)

Act = Callable[[Log, Sequence[Held]], Awaitable[list[bool]]]


async def _settle(log: Log, items: Sequence[Held]) -> list[bool]:
    return await log.settle(items)


async def _renew(log: Log, items: Sequence[Held]) -> list[bool]:
    return (await log.renew(items))[1]


async def _defer(log: Log, items: Sequence[Held]) -> list[bool]:
    return await log.defer(later(items))


async def _give_back(log: Log, items: Sequence[Held]) -> list[bool]:
    return await log.defer(later(items, 0, counts=False))


async def _bury(log: Log, items: Sequence[Held]) -> list[bool]:
    return await log.bury(graves(items))


async def _bury_for_sink(log: Log, items: Sequence[Held]) -> list[bool]:
    return await log.bury(graves(items, has_sink=True))


ACTS = (_settle, _renew, _defer, _give_back, _bury, _bury_for_sink)
every_act = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__.strip("_"))

# Whoever lost the lease changes nothing


@every_act
async def test_the_holder_succeeds(log: Log, act: Act) -> None:
    assert await act(log, await leased(log, 3)) == [True] * 3


@every_act
async def test_a_worker_whose_lease_ran_out_and_was_taken_is_gone(
    redis: Redis, log: Log, act: Act
) -> None:
    held = await leased(log, 1)
    await lease_runs_out(redis, log, "a", held[0].id)
    await log.lease("a", 1, FOR_EVER)
    before = await everything(redis)

    assert await act(log, held) == [False]
    assert await everything(redis) == before


async def _dropped(log: Log, _held: Sequence[Held]) -> None:
    await dropped(log)


@every_act
@pytest.mark.parametrize(
    "loses",
    [
        pytest.param(_settle, id="settled"),
        pytest.param(_defer, id="deferred"),
        pytest.param(_bury, id="dead"),
        pytest.param(_renew, id="renewed"),
        pytest.param(_dropped, id="trigger dropped"),
    ],
)
async def test_a_worker_whose_entry_has_moved_on_is_gone(
    redis: Redis, log: Log, act: Act, loses: Callable[[Log, Sequence[Held]], Awaitable[object]]
) -> None:
    held = await leased(log, 1)
    await loses(log, held)
    before = await everything(redis)

    assert await act(log, held) == [False]
    assert await everything(redis) == before


@every_act
async def test_a_token_holds_for_its_own_trigger_only(redis: Redis, log: Log, act: Act) -> None:
    (held,) = await leased(log, 1)
    before = await everything(redis)

    assert await act(log, [Held("b", held.id, held.token)]) == [False]
    assert await everything(redis) == before


@every_act
async def test_the_same_id_twice_in_one_call_counts_once(redis: Redis, log: Log, act: Act) -> None:
    ids = await accepted(log, 2)
    token = await routed(log, ids[1], {"a": ids, "b": ids}, leased=2)
    held = [Held("a", log_id, token) for log_id in ids]

    assert await act(log, [held[0], held[1], held[0]]) == [True, True, False]
    expected = 1 if act is _settle else 2
    assert await counts(redis, log.keys.refs) == dict.fromkeys(ids, expected)
    assert set((await counts(redis, log.keys.tries("a"))).values()) <= {1} or act is _defer


@every_act
async def test_one_event_in_two_triggers_groups_counts_twice(
    redis: Redis, log: Log, act: Act
) -> None:
    ids = await accepted(log, 1)
    token = await routed(log, ids[0], {"a": ids, "b": ids}, leased=1)

    assert await act(log, [Held(uid, ids[0], token) for uid in ("a", "b")]) == [True, True]
    expected = {} if act is _settle else {ids[0]: 2}
    assert await counts(redis, log.keys.refs) == expected


@every_act
async def test_answers_come_in_the_order_of_the_items(log: Log, act: Act) -> None:
    """However they are grouped by trigger on the way."""
    ids = await accepted(log, 2)
    token = await routed(log, ids[1], {"a": ids, "b": ids}, leased=2)
    wrong = Token(token - 1)
    items = [
        Held("a", ids[0], token),
        Held("b", ids[0], wrong),
        Held("a", ids[1], wrong),
        Held("c", ids[1], token),
        Held("b", ids[1], token),
    ]

    assert await act(log, items) == [True, False, False, False, True]


@every_act
async def test_a_call_takes_a_thousand(log: Log, act: Act) -> None:
    assert await act(log, await leased(log, 1000)) == [True] * 1000


@every_act
async def test_a_call_with_nothing_answers_nothing(log: Log, act: Act) -> None:
    assert await act(log, []) == []


@every_act
async def test_a_late_holder_whose_lease_nobody_took_still_succeeds(
    redis: Redis, log: Log, act: Act
) -> None:
    (held,) = await leased(log, 1)
    await lease_runs_out(redis, log, "a", held.id)

    assert await act(log, [Held("a", held.id, Token(-1))]) == [True]


# settle

"""A trigger's share of the memory for events, beside its window."""

import pytest

from dispatcher.lane import Lane
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import TriggerRecord

MEBIBYTE = 1024 * 1024


def trigger(budget: Budget, *, most: int = 64) -> ServedTrigger:
    return ServedTrigger(
        TriggerRecord(
            uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://h/",
            max_in_flight=most,
        ),
        budget,
    )  # fmt: skip


def test_a_trigger_takes_what_its_window_and_half_of_the_memory_allow() -> None:
    budget = Budget(100)

    assert trigger(budget, most=3).reserve([10] * 9) == 3
    assert trigger(Budget(100)).reserve([10] * 9) == 5


def test_one_entry_always_fits_where_nothing_is_in_flight() -> None:
    budget = Budget(100)
    trigger(budget).reserve([1000])
    starved = trigger(budget)

    assert starved.reserve([500, 500]) == 1
    assert starved.reserve([1]) == 0
    assert starved.reserve([]) == 0


def test_triggers_that_take_all_they_can_come_to_hold_the_same_and_leave_as_much() -> None:
    budget = Budget(100)
    triggers = [trigger(budget) for _ in range(9)]
    for _ in range(100):
        for each in triggers:
            if each.in_flight > 1:
                each.end([1])
            each.reserve([1] * 64)

    assert {each.in_flight for each in triggers} == {10}
    assert trigger(budget).reserve([1] * 64) == 5


@pytest.mark.parametrize("has_memory", [True, False])
async def test_without_memory_it_leases_when_it_has_nothing_else(*, has_memory: bool) -> None:
    budget = Budget(100)
    each = trigger(budget)
    asked: list[Lane] = []
    if not has_memory:
        trigger(budget).reserve([100])

    Lane(each, asked.append).wait_turn()
    each.reserve([10])
    each.fill()

    assert len(asked) == (2 if has_memory else 1)


def test_a_lease_reserves_what_entries_usually_take_and_keeps_what_they_are() -> None:
    budget = Budget(128 * MEBIBYTE)
    each = trigger(budget)

    count, size = each.reserve_lease(8 * MEBIBYTE)
    reserved = budget.held
    each.end_lease(count, size, [MEBIBYTE])

    assert (count, reserved) == (64, size)
    assert size < 2 * MEBIBYTE
    assert (each.in_flight, budget.held) == (1, MEBIBYTE)
    assert each.reserve_lease(8 * MEBIBYTE) == (63, 8 * MEBIBYTE)


def test_a_lease_without_memory_is_of_one_entry() -> None:
    budget = Budget(100)
    trigger(budget).reserve([1000])

    assert trigger(budget).reserve_lease(8 * MEBIBYTE) == (1, 1)


def test_all_is_given_back() -> None:
    budget = Budget(128 * MEBIBYTE)
    each = trigger(budget)
    count, size = each.reserve_lease(8 * MEBIBYTE)
    each.end_lease(count, size, [10_000, 20_000])
    each.reserve([30_000])

    for size in (10_000, 20_000, 30_000):
        each.end([size])

    assert (each.in_flight, budget.held) == (0, 0)

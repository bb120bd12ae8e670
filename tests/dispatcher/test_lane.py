"""A lane's share of the memory for events."""

import pytest

from dispatcher.lane import Lane
from poplin.budget import Budget
from poplin.catalog import TriggerRecord

MEBIBYTE = 1024 * 1024


def lane(budget: Budget, *, most: int = 64) -> Lane:
    return Lane(
        TriggerRecord(
            uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://h/",
            max_in_flight=most,
        ),
        budget,
    )  # fmt: skip


def test_a_lane_takes_what_its_window_and_half_of_the_memory_allow() -> None:
    budget = Budget(100)

    assert lane(budget, most=3).reserve([10] * 9) == 3
    assert lane(Budget(100)).reserve([10] * 9) == 5


def test_one_entry_always_fits_where_nothing_is_in_flight() -> None:
    budget = Budget(100)
    lane(budget).begin(1000)
    starved = lane(budget)

    assert starved.reserve([500, 500]) == 1
    assert starved.reserve([1]) == 0
    assert starved.reserve([]) == 0


def test_lanes_that_take_all_they_can_come_to_hold_the_same_and_leave_as_much() -> None:
    budget = Budget(100)
    lanes = [lane(budget) for _ in range(9)]
    for _ in range(100):
        for each in lanes:
            if each.in_flight > 1:
                each.end(1)
            each.reserve([1] * 64)

    assert {each.in_flight for each in lanes} == {10}
    assert lane(budget).reserve([1] * 64) == 5


@pytest.mark.parametrize("has_memory", [True, False])
def test_a_lane_without_memory_asks_for_work_when_it_has_nothing_else(*, has_memory: bool) -> None:
    budget = Budget(100)
    each = lane(budget)
    each.has_backlog = True
    if not has_memory:
        lane(budget).begin(100)

    assert each.wants_work()
    each.begin(10)
    assert each.wants_work() is has_memory


def test_a_lease_reserves_what_entries_usually_take_and_keeps_what_they_are() -> None:
    budget = Budget(128 * MEBIBYTE)
    each = lane(budget)

    count, size = each.reserve_lease(8 * MEBIBYTE)
    reserved = budget.held
    each.end_lease(count, size, [MEBIBYTE])

    assert (count, reserved) == (64, size)
    assert size < 2 * MEBIBYTE
    assert (each.in_flight, budget.held) == (1, MEBIBYTE)
    assert each.reserve_lease(8 * MEBIBYTE) == (63, 8 * MEBIBYTE)


def test_a_lease_without_memory_is_of_one_entry() -> None:
    budget = Budget(100)
    lane(budget).begin(1000)

    assert lane(budget).reserve_lease(8 * MEBIBYTE) == (1, 1)


def test_all_is_given_back() -> None:
    budget = Budget(128 * MEBIBYTE)
    each = lane(budget)
    count, size = each.reserve_lease(8 * MEBIBYTE)
    each.end_lease(count, size, [10_000, 20_000])
    each.reserve([30_000])

    for size in (10_000, 20_000, 30_000):
        each.end(size)

    assert (each.in_flight, budget.held) == (0, 0)

"""Memory that many share."""

from hypothesis import given
from hypothesis import strategies as st

from poplin.budget import Budget, Share


def fill(share: Share, piece: int = 1) -> None:
    """Take all that it may."""
    while share.room >= piece:
        share.take(piece)


def test_one_who_takes_all_it_can_leaves_half() -> None:
    share = Budget(100).share()

    fill(share)

    assert share.held == 50


def test_many_who_take_all_they_can_leave_room_for_one_more() -> None:
    budget = Budget(1000)
    shares = [budget.share() for _ in range(9)]
    for share in shares:
        fill(share)

    assert budget.share().room > 0
    assert budget.held <= budget.most


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 200)), max_size=200))
def test_the_whole_is_never_passed_and_the_books_balance(steps: list[tuple[int, int]]) -> None:
    budget = Budget(1000)
    shares = [budget.share() for _ in range(10)]
    for number, size in steps:
        share = shares[number]
        if share.room >= size:
            share.take(size)
        else:
            share.give_back(share.held)

    assert budget.held == sum(share.held for share in shares) <= budget.most

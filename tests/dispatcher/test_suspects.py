"""Who may be attempted beside whom, after leases were lost."""

import pytest

from dispatcher.delivery import Delivery
from dispatcher.suspects import Suspects
from tests.dispatcher.test_attempt import delivery


def lost(leases: int) -> Delivery:
    return delivery("http://h/", crashes=leases)


@pytest.mark.parametrize(
    ("leases", "is_one"), [(0, False), (1, False), (2, True), (4, True), (5, False)]
)
def test_two_lost_leases_make_a_suspect_and_five_poison(leases: int, *, is_one: bool) -> None:
    assert Suspects.is_one(lost(leases)) is is_one


def test_no_suspect_begins_in_the_first_second_of_another() -> None:
    suspects, first = Suspects(), lost(2)

    assert suspects.admit(first, 10.0)
    assert not suspects.admit(lost(2), 10.9)
    assert suspects.admit(lost(2), 11.0)


def test_a_suspect_that_ended_holds_up_nobody() -> None:
    suspects, first = Suspects(), lost(2)
    suspects.admit(first, 10.0)

    suspects.ended(first)

    assert suspects.admit(lost(2), 10.0)


def test_an_older_one_that_ends_does_not_cut_short_the_second_of_the_latest() -> None:
    suspects, first = Suspects(), lost(2)
    suspects.admit(first, 10.0)
    suspects.admit(lost(2), 11.0)

    suspects.ended(first)

    assert not suspects.admit(lost(2), 11.5)


@pytest.mark.parametrize("leases", [3, 4])
def test_one_that_lost_three_leases_begins_alone(leases: int) -> None:
    suspects, hanging = Suspects(), lost(2)
    suspects.admit(hanging, 10.0)

    assert not suspects.admit(lost(leases), 99.0)
    suspects.ended(hanging)
    assert suspects.admit(lost(leases), 99.0)


def test_nobody_begins_while_one_waits_to_be_alone() -> None:
    suspects, hanging, waiting = Suspects(), lost(2), lost(3)
    suspects.admit(hanging, 10.0)
    suspects.admit(waiting, 20.0)

    assert not suspects.admit(lost(2), 21.0)
    suspects.ended(hanging)
    assert not suspects.admit(lost(2), 22.0)
    assert suspects.admit(waiting, 22.0)
    suspects.ended(waiting)
    assert suspects.admit(lost(2), 30.0)


def test_what_is_not_admitted_stays_away_a_while() -> None:
    pauses = {Suspects.pause_s() for _ in range(100)}

    assert len(pauses) > 50
    assert all(0.1 < pause < 2 for pause in pauses)

"""One window for a trigger, however many partitions its broker has."""

from collections.abc import Callable, Collection

from dispatcher.lane import Lane
from dispatcher.stretch import Stretch
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import TriggerRecord
from poplin.log import Entry, LogId


def served(max_in_flight: int) -> ServedTrigger:
    return ServedTrigger(
        TriggerRecord(
            uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://s/",
            max_in_flight=max_in_flight,
        ),
        Budget(1000),
    )  # fmt: skip


def wanted_by(uid: str, ordered: Collection[str] = ()) -> Stretch:
    """One entry."""
    stretch = Stretch(ordered)
    stretch.add((LogId(b"1-0"), Entry(b"{}", None, b"data")), [uid], "e")
    return stretch


def greedy(trigger: ServedTrigger, leases: list[Lane]) -> Callable[[Lane], None]:
    """Takes all the room, as a queue that is long."""

    def lease(lane: Lane) -> None:
        leases.append(lane)
        lane.is_leasing = True
        trigger.in_flight += trigger.room

    return lease


def answered(lane: Lane, *, has_more: bool) -> None:
    """The store gave all that was asked for."""
    lane.is_leasing = False
    lane.had_turn(has_more=has_more)


async def test_lanes_of_one_trigger_take_turns() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    one, two = (Lane(trigger, greedy(trigger, leases)) for _ in range(2))
    one.wait_turn()
    two.wait_turn()

    for _ in range(5):
        answered(leases[-1], has_more=True)
        trigger.end([0] * 8)

    assert leases == [one, two, one, two, one, two]


async def test_one_that_asks_again_and_again_keeps_its_turn() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    one, two = (Lane(trigger, greedy(trigger, leases)) for _ in range(2))
    trigger.in_flight = 8
    one.wait_turn()
    two.wait_turn()
    one.wait_turn()

    trigger.end([0] * 8)

    assert leases == [one]


async def test_room_is_gathered_to_a_fair_batch() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    lane = Lane(trigger, greedy(trigger, leases))
    trigger.in_flight = 8
    lane.wait_turn()

    trigger.end([0] * 1)
    too_soon = list(leases)
    trigger.end([0] * 1)

    assert (too_soon, leases) == ([], [lane])


async def test_one_that_has_nothing_more_lets_the_others() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    one, two = (Lane(trigger, greedy(trigger, leases)) for _ in range(2))
    one.wait_turn()
    two.wait_turn()

    for _ in range(3):
        answered(leases[-1], has_more=leases[-1] is two)
        trigger.end([0] * 8)

    assert leases == [one, two, two, two]


async def test_room_that_comes_during_a_lease_is_for_the_next() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    one, two = (Lane(trigger, greedy(trigger, leases)) for _ in range(2))
    one.wait_turn()
    two.wait_turn()

    trigger.end([0] * 4)

    assert leases == [one, two]


async def test_work_that_came_during_a_lease_is_not_forgotten() -> None:
    """The store answered before it was routed."""
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    lane = Lane(trigger, greedy(trigger, leases))
    lane.wait_turn()

    lane.wait_turn()
    answered(lane, has_more=False)
    trigger.end([0] * 8)

    assert leases == [lane, lane]


async def test_a_new_entry_waits_behind_what_waits_in_another_partition() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    one, two = (Lane(trigger, greedy(trigger, leases)) for _ in range(2))
    at_once, behind = (wanted_by("u") for _ in range(2))

    at_once.reserve({"u": two})
    trigger.in_flight = 7
    one.wait_turn()
    behind.reserve({"u": two})

    assert (len(list(at_once.leased())), len(list(behind.leased()))) == (1, 0)


async def test_a_closed_lane_stands_in_nobodys_way() -> None:
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    one, two = (Lane(trigger, greedy(trigger, leases)) for _ in range(2))
    trigger.in_flight = 8
    one.wait_turn()
    two.wait_turn()

    one.close()
    one.wait_turn()
    trigger.end([0] * 8)

    assert leases == [two]
    assert list(trigger.waiting) == [two]


async def test_a_trigger_that_goes_while_its_matches_are_routed_gives_all_back() -> None:
    """Or comes back as another lane: what was taken is given back to who took it."""
    trigger = served(8)
    lanes = {"u": Lane(trigger, lambda _: None)}
    stretch = wanted_by("u")

    stretch.reserve(lanes)
    taken = trigger.in_flight
    lanes["u"] = Lane(served(8), lambda _: None)
    stretch.give_back()

    assert (taken, trigger.in_flight, lanes["u"].trigger.in_flight) == (1, 0, 0)


async def test_of_an_ordered_trigger_only_a_lease_tells_what_may_begin() -> None:
    """Of what was just routed some may be parked."""
    trigger, leases = served(8), []  # type: ignore[var-annotated]
    lane = Lane(trigger, greedy(trigger, leases))
    stretch = wanted_by("u", ordered={"u"})

    stretch.reserve({"u": lane})
    at_once = list(stretch.leased())
    stretch.queue_rest()

    assert stretch.matches["u"].is_ordered
    assert (at_once, leases) == ([], [lane])

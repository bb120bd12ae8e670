"""What the dispatcher counts: stretches, attempts by what came back, outcomes once they are kept."""

from collections.abc import Mapping

import pytest

from dispatcher.attempt import Attempter
from dispatcher.delivery import Buried, Deferred, Delivery, Outcome, Settled
from dispatcher.lane import Lane
from dispatcher.reader import TriggerSet
from dispatcher.tally import Tally
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import DeliveryPolicy, TriggerRecord
from poplin.errors import BrokenAnswerError, ConnectError, ExhaustedError, SendError
from poplin.filters import FilterIndex
from poplin.log import Entry, LogId, Matches, Token
from poplin.metrics.families import (
    DEAD_LETTERS,
    DELIVERED,
    DISPATCH_DURATION,
    FILTERED,
    RETRIES,
    ROUTED,
)
from poplin.sender import Answer, Target
from tests.log.helpers import event

GRAVE = b"{}"


class Peer:
    """In the sender's place."""

    def __init__(self, result: Answer | SendError) -> None:
        self._result = result

    async def post(self, _to: Target, _lines: bytes, _body: bytes, *, timeout_s: float) -> Answer:  # noqa: ARG002 - its twin's
        if isinstance(self._result, SendError):
            raise self._result
        return self._result


def _trigger(name: str = "t", uid: str = "u") -> ServedTrigger:
    record = TriggerRecord(
        uid=uid, namespace="n", name=name, broker="b", subscriber_uri="http://s/",
        delivery=DeliveryPolicy(dead_letter_uri="http://sink/"),
    )  # fmt: skip
    return ServedTrigger(record, Budget(0))


def _delivery(grave: bytes | None = None, entry: Entry | None = None) -> Delivery:
    lane = Lane(_trigger(), lambda _: None)
    return Delivery(lane, LogId(b"1-0"), Token(-1), entry or event(), grave=grave)


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (Answer(202, [], b""), "2xx"),
        (Answer(302, [], b""), "3xx"),
        (Answer(404, [], b""), "4xx"),
        (Answer(503, [], b""), "5xx"),
        (ConnectError("refused"), "failed"),
        (BrokenAnswerError("reset"), "failed"),
        (ExhaustedError("no file is left: nothing was sent"), None),
    ],
)
@pytest.mark.parametrize("grave", [None, GRAVE], ids=["subscriber", "sink"])
async def test_an_attempt_is_counted_by_what_came_back(
    result: Answer | SendError, expected: str | None, grave: bytes | None
) -> None:
    tally = Tally()

    await Attempter(Peer(result), None, tally).attempt(_delivery(grave))  # type: ignore[arg-type]

    taken = tally.counts.take()
    taken.pop(f"{DISPATCH_DURATION}/n/b/t/{expected}/us", None)
    assert taken == ({f"{DISPATCH_DURATION}/n/b/t/{expected}/0": 1} if expected else {})


@pytest.mark.parametrize(
    ("outcome", "grave", "expected"),
    [
        (Settled(202), None, DELIVERED),
        (Settled(202), GRAVE, None),
        (Settled(0, "lost: not in the log"), None, None),
        (Deferred(1.0, 503, "answered 503"), None, RETRIES),
        (Deferred(1.0, 503, "answered 503"), GRAVE, RETRIES),
        (Deferred(0.0, 0, "given back", counts=False), None, None),
        (Buried(GRAVE, has_sink=True, status=503, reason=""), None, DEAD_LETTERS),
        (Buried(GRAVE, has_sink=False, status=503, reason=""), None, DEAD_LETTERS),
        (Buried(GRAVE, has_sink=False, status=503, reason=""), GRAVE, None),
    ],
)
def test_an_outcome_is_counted_once_for_the_event(
    outcome: Outcome, grave: bytes | None, expected: str | None
) -> None:
    tally = Tally()

    tally.written(_delivery(grave), outcome)

    assert tally.counts.take() == ({f"{expected}/n/b/t": 1} if expected else {})


def _set(triggers: Mapping[str, ServedTrigger]) -> TriggerSet:
    return TriggerSet(1, FilterIndex(()), triggers)


def _found(**counts: int) -> dict[str, Matches]:
    return {uid: Matches([LogId(b"1-0")] * count) for uid, count in counts.items()}


def test_what_a_trigger_did_not_want_is_what_was_routed_and_did_not_match() -> None:
    tally = Tally()
    triggers = _set({uid: _trigger(uid, uid) for uid in ("one", "none", "all")})

    tally.routed("n/b", triggers, 10, _found(one=3, all=10))
    tally.routed("n/b", triggers, 5, _found(all=5))
    tally.gather()

    assert tally.counts.take() == {
        f"{ROUTED}/n/b": 15,
        f"{FILTERED}/n/b/one": 12,
        f"{FILTERED}/n/b/none": 15,
    }

    tally.routed("n/b", triggers, 1, {})
    tally.gather()

    assert tally.counts.take()[f"{FILTERED}/n/b/all"] == 1
    tally.gather()
    assert tally.counts.take() == {}


def test_a_trigger_counts_from_the_set_that_it_came_with() -> None:
    tally = Tally()
    old = _set({"old": _trigger("old", "old")})
    new = _set({"old": _trigger("old", "old"), "new": _trigger("new", "new")})

    tally.routed("n/b", old, 10, {})
    tally.routed("n/b", new, 1, {})
    tally.gather()

    taken = tally.counts.take()
    assert (taken[f"{FILTERED}/n/b/old"], taken[f"{FILTERED}/n/b/new"]) == (11, 1)


def test_triggers_that_want_nothing_cost_a_stretch_nothing() -> None:
    """They are looked at once in a flush, however many stretches there were."""

    class NotLookedAt(dict[str, ServedTrigger]):
        def items(self) -> None:  # type: ignore[override]
            raise AssertionError("each trigger was looked at")

        __iter__ = keys = values = items  # type: ignore[assignment]

    triggers = _set({})
    triggers.triggers = NotLookedAt()
    Tally().routed("n/b", triggers, 1, _found(one=1))

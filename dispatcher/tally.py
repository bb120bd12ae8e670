"""What the dispatcher counts."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dispatcher.delivery import Buried, Deferred, Delivery, Outcome, Settled
from poplin.log import Matches
from poplin.metrics import Counts, StatusClass
from poplin.metrics.families import (
    DEAD_LETTERS,
    DELIVERED,
    DISPATCH_DURATION,
    FILTERED,
    RETRIES,
    ROUTED,
)

if TYPE_CHECKING:
    from dispatcher.reader import TriggerSet

__all__ = ["Tally"]


class Tally:
    """Of all brokers of a process. What is counted for an event is its attempts and its outcome:
    what a trigger did not want is made from the others, once in a flush.
    """

    def __init__(self) -> None:
        self.counts = Counts()
        self._routed: Counter[TriggerSet] = Counter()
        self._matched: dict[TriggerSet, Counter[str]] = {}

    def routed(
        self, broker: str, triggers: "TriggerSet", events: int, found: Mapping[str, Matches]
    ) -> None:
        """A stretch. One whose answer was lost is counted nowhere, though it may be routed."""
        self.counts.add((ROUTED, broker), events)
        self._routed[triggers] += events
        matched = self._matched.setdefault(triggers, Counter())
        for uid, matches in found.items():
            matched[uid] += len(matches.ids)

    def attempted(self, trigger: str, result: StatusClass, seconds: float) -> None:
        self.counts.observe((DISPATCH_DURATION, trigger, result), seconds)

    def written(self, delivery: Delivery, outcome: Outcome) -> None:
        """The log has taken the outcome. Given up is an event once: not when its sink refuses it."""
        trigger = delivery.lane.trigger.labels
        if isinstance(outcome, Settled):
            # Without a status it was not sent: the log had lost it.
            if delivery.grave is None and outcome.status:
                self.counts.add((DELIVERED, trigger))
        elif isinstance(outcome, Deferred):
            if outcome.counts:
                self.counts.add((RETRIES, trigger))
        elif isinstance(outcome, Buried) and delivery.grave is None:
            self.counts.add((DEAD_LETTERS, trigger))

    def gather(self) -> None:
        """Count what each trigger did not want of what was routed since the last call."""
        for triggers, events in self._routed.items():
            matched = self._matched[triggers]
            for uid, trigger in triggers.triggers.items():
                self.counts.add((FILTERED, trigger.labels), events - matched[uid])
        self._routed.clear()
        self._matched.clear()

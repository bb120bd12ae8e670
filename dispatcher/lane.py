"""A trigger's lane in one partition: whether more work waits there, and when to look again."""

import asyncio
from collections.abc import Callable

from dispatcher.trigger import ServedTrigger
from poplin.catalog import TriggerRecord
from poplin.sender import Target

__all__ = ["Lane"]


class Lane:
    """A slow subscriber fills its own lanes and no others. `lease` begins to take what is due."""

    def __init__(self, trigger: ServedTrigger, lease: Callable[["Lane"], None]) -> None:
        self.trigger = trigger
        self.is_leasing = False
        self.found_at = float("-inf")
        """When a lease last found something, in the loop's time."""
        self.ignored = 0
        """Answers ignored since this was last written down."""
        self._lease = lease
        self._timer: asyncio.Handle | None = None
        self._wakes_at = 0.0
        """The loop's time; uvloop's own handle of a timer that is due at once has none."""
        self._was_asked = False
        self._is_open = True

    @property
    def record(self) -> TriggerRecord:
        return self.trigger.record

    @property
    def subscriber(self) -> Target:
        return self.trigger.subscriber

    @property
    def dead_letter_sink(self) -> Target | None:
        return self.trigger.dead_letter_sink

    def lease(self) -> None:
        self._lease(self)

    def wait_turn(self) -> None:
        """The queue may hold work that is due; a lease will tell, but not one under way."""
        if self._is_open:
            self._was_asked = self.is_leasing
            self.trigger.waiting.setdefault(self)
            self.trigger.fill()

    def had_turn(self, *, has_more: bool) -> None:
        """With more to lease it waits behind the lanes of other partitions."""
        self.trigger.waiting.pop(self, None)
        if (has_more or self._was_asked) and self._is_open:
            self.trigger.waiting[self] = None
        self._was_asked = False

    def wake_in(self, seconds: float) -> None:
        """Wait for a turn when an entry falls due; the earliest wish counts."""
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._timer is not None:
            if self._wakes_at <= when:
                return
            self._timer.cancel()
        self._wakes_at = when
        self._timer = loop.call_at(when, self._woken)

    def close(self) -> None:
        """Lease no more."""
        self._is_open = False
        self.trigger.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _woken(self) -> None:
        self._timer = None
        self.wait_turn()

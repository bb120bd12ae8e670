"""A trigger's lane: its window, where it sends, and whether more work waits for it."""

import asyncio
from collections.abc import Callable

from poplin.catalog import TriggerRecord
from poplin.sender import Target

__all__ = ["Lane"]


class Lane:
    """A slow subscriber fills its own lane and no other."""

    def __init__(self, record: TriggerRecord) -> None:
        self.in_flight = 0
        self.has_backlog = False
        """The queue may hold work that is due; a lease will tell."""
        self.is_leasing = False
        self.ignored = 0
        """Answers ignored since this was last written down."""
        self.has_ignored = False
        """It was said once that some were."""
        self._timer: asyncio.Handle | None = None
        self._wakes_at = 0.0
        """The loop's time; uvloop's own handle of a timer that is due at once has none."""
        self.update(record)

    def update(self, record: TriggerRecord) -> None:
        """Take over an edited trigger; deliveries under way finish as they began."""
        self.record = record
        self.subscriber = Target.parse(record.subscriber_uri)
        sink = record.delivery.dead_letter_uri
        self.dead_letter_sink = None if sink is None else Target.parse(sink)

    @property
    def room(self) -> int:
        return max(0, self.record.max_in_flight - self.in_flight)

    def wants_work(self) -> bool:
        """Room for a fair batch: leasing entries one by one costs ten times as much."""
        enough = max(1, self.record.max_in_flight // 4)
        return self.has_backlog and not self.is_leasing and self.room >= enough

    def wake_in(self, seconds: float, call: Callable[["Lane"], None]) -> None:
        """Call when an entry falls due; the earliest wish counts."""
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._timer is not None:
            if self._wakes_at <= when:
                return
            self._timer.cancel()
        self._wakes_at = when
        self._timer = loop.call_at(when, self._woken, call)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _woken(self, call: Callable[["Lane"], None]) -> None:
        self._timer = None
        self.has_backlog = True
        call(self)

"""A trigger as this process serves it: where it sends, and its window over all partitions."""

from typing import TYPE_CHECKING

from poplin.catalog import TriggerRecord
from poplin.sender import Target

if TYPE_CHECKING:
    from dispatcher.lane import Lane

__all__ = ["ServedTrigger"]


class ServedTrigger:
    """One window, however many partitions the broker has: each partition's lane takes its turn."""

    def __init__(self, record: TriggerRecord) -> None:
        """Raises PoplinError for an address that cannot be sent to."""
        self.in_flight = 0
        self.waiting: dict[Lane, None] = {}
        """Lanes whose queue may hold work that is due; who waits longest comes first."""
        self.has_ignored = False
        """It was said once that answers were ignored."""
        self.update(record)

    def update(self, record: TriggerRecord) -> None:
        """Take over an edited trigger; deliveries under way finish as they began."""
        sink = record.delivery.dead_letter_uri
        self.subscriber = Target.parse(record.subscriber_uri)
        self.dead_letter_sink = None if sink is None else Target.parse(sink)
        self.record = record

    @property
    def room(self) -> int:
        return max(0, self.record.max_in_flight - self.in_flight)

    def free(self, places: int) -> None:
        """These requests have ended; whose turn it is may use the room."""
        self.in_flight -= places
        if self.waiting:
            self.fill()

    def fill(self) -> None:
        """Let the lane whose turn it is lease, if there is room for a fair batch: leasing entries
        one by one costs ten times as much.
        """
        if self.room < max(1, self.record.max_in_flight // 4):
            return
        for lane in self.waiting:
            if not lane.is_leasing:
                lane.lease()
                return

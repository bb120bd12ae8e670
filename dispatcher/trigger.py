"""A trigger as this process serves it: where it sends, and its window over all partitions."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from dispatcher.delivery import BYTES_BESIDE_ENTRY
from poplin.budget import Budget
from poplin.catalog import TriggerRecord
from poplin.sender import Target

if TYPE_CHECKING:
    from dispatcher.lane import Lane

__all__ = ["ServedTrigger"]


class ServedTrigger:
    """One window, however many partitions the broker has: each partition's lane takes its turn."""

    def __init__(self, record: TriggerRecord, budget: Budget) -> None:
        """Raises PoplinError for an address that cannot be sent to."""
        self.in_flight = 0
        self._is_paused = False
        self._share = budget.share()
        """Of the memory for events of all triggers of the process."""
        self._usual_size = BYTES_BESIDE_ENTRY
        self.waiting: dict[Lane, None] = {}
        """Lanes whose queue may hold work that is due; who waits longest comes first."""
        self.has_ignored = False
        """It was said once that answers were ignored."""
        self.labels = f"{record.namespace}/{record.broker}/{record.name}"
        """In metrics. None of them changes: at another broker it is another trigger."""
        self.update(record)

    def update(self, record: TriggerRecord) -> None:
        """Take over an edited trigger; deliveries under way finish as they began."""
        sink = record.delivery.dead_letter_uri
        self.subscriber = Target.parse(record.subscriber_uri)
        self.dead_letter_sink = None if sink is None else Target.parse(sink)
        self.record = record

    def pause(self, *, is_paused: bool) -> None:
        """By an operator, or not any more; its annotation may say so, too. What is under way
        finishes; what waits, waits.
        """
        self._is_paused = is_paused
        if self.waiting:
            self.fill()

    @property
    def room(self) -> int:
        if self._is_paused or self.record.paused:
            return 0
        return max(0, self.record.max_in_flight - self.in_flight)

    # Places and memory are taken together, and given back together.

    def reserve(self, sizes: Iterable[int]) -> int:
        """Take places and memory for the first of these, as many as fit; says how many.

        One always fits where nothing is in flight: large events elsewhere cannot starve a trigger.
        """
        count = 0
        for size in sizes:
            if not self.room or (self.in_flight and self._share.room < size):
                break
            self.in_flight += 1
            self._share.take(size)
            count += 1
        return count

    def end(self, sizes: Sequence[int]) -> None:
        """These deliveries have ended; whose turn it is may use the room."""
        self.in_flight -= len(sizes)
        self._share.give_back(sum(sizes))
        if self.waiting:
            self.fill()

    def reserve_lease(self, most: int) -> tuple[int, int]:
        """Take places and memory for entries yet unseen: how many, and how many bytes.

        What is asked for is twice what they usually take: other triggers need memory meanwhile.
        """
        size = max(1, min(most, self._share.room, 2 * self._usual_size * self.room))
        count = min(self.room, max(1, size // BYTES_BESIDE_ENTRY))
        self.in_flight += count
        self._share.take(size)
        return count, size

    def end_lease(self, count: int, size: int, taken: Sequence[int]) -> None:
        """In place of what was reserved, take what the entries are."""
        self.in_flight += len(taken) - count
        self._share.take(sum(taken) - size)
        if taken:
            self._usual_size = sum(taken) // len(taken)
        if self.waiting:
            self.fill()

    def fill(self) -> None:
        """Let the lane whose turn it is lease, if there is memory, and room for a fair batch:
        leasing entries one by one costs ten times as much.
        """
        if self.room < max(1, self.record.max_in_flight // 4):
            return
        if self.in_flight and self._share.room <= 0:
            return
        for lane in self.waiting:
            if not lane.is_leasing:
                lane.lease()
                return

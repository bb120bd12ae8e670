"""A trigger's lane: its window, its share of memory, where it sends, and whether work waits."""

import asyncio
from collections.abc import Callable, Iterable, Sequence

from dispatcher.delivery import BYTES_BESIDE_ENTRY
from poplin.budget import Budget
from poplin.catalog import TriggerRecord
from poplin.sender import Target

__all__ = ["Lane"]


class Lane:
    """A slow subscriber fills its own lane and no other."""

    def __init__(self, record: TriggerRecord, budget: Budget) -> None:
        self.in_flight = 0
        self.share = budget.share()
        """Of the memory for events of all lanes of the process."""
        self._usual_size = BYTES_BESIDE_ENTRY
        self.has_backlog = False
        """The queue may hold work that is due; a lease will tell."""
        self.is_leasing = False
        self.ignored = 0
        """Answers ignored since this was last written down."""
        self.has_ignored = False
        """It was said once that some were."""
        self._timer: asyncio.TimerHandle | None = None
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
        return (
            self.has_backlog
            and not self.is_leasing
            and self.room >= enough
            and (self.share.room > 0 or not self.in_flight)
        )

    def reserve(self, sizes: Iterable[int]) -> int:
        """Take places and memory for the first of these, as many as fit; says how many.

        One always fits where nothing is in flight: large events elsewhere cannot starve a lane.
        """
        count = 0
        for size in sizes:
            if not self.room or (self.in_flight and self.share.room < size):
                break
            self.begin(size)
            count += 1
        return count

    def reserve_lease(self, most: int) -> tuple[int, int]:
        """Take places and memory for entries yet unseen: how many, and how many bytes.

        What is asked for is twice what they usually take: other lanes need memory meanwhile.
        """
        size = max(1, min(most, self.share.room, 2 * self._usual_size * self.room))
        count = min(self.room, max(1, size // BYTES_BESIDE_ENTRY))
        self.in_flight += count
        self.share.take(size)
        return count, size

    def end_lease(self, count: int, size: int, taken: Sequence[int]) -> None:
        """In place of what was reserved, take what the entries are."""
        self.in_flight += len(taken) - count
        self.share.take(sum(taken) - size)
        if taken:
            self._usual_size = sum(taken) // len(taken)

    def begin(self, size: int) -> None:
        self.in_flight += 1
        self.share.take(size)

    def end(self, size: int) -> None:
        self.in_flight -= 1
        self.share.give_back(size)

    def wake_in(self, seconds: float, call: Callable[["Lane"], None]) -> None:
        """Call when an entry falls due; the earliest wish counts."""
        loop = asyncio.get_running_loop()
        when = loop.time() + seconds
        if self._timer is not None:
            if self._timer.when() <= when:
                return
            self._timer.cancel()
        self._timer = loop.call_at(when, self._woken, call)

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _woken(self, call: Callable[["Lane"], None]) -> None:
        self._timer = None
        self.has_backlog = True
        call(self)

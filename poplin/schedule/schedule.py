"""What is asked of a schedule, whatever it is made of."""

from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

__all__ = ["Schedule"]


class Schedule(Protocol):
    """Moments and ticks are in UTC with their tzinfo; ticks are whole seconds."""

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The ticks later than `moment`, the next first, without an end."""

    def until(self, moment: datetime) -> Iterator[datetime]:
        """The ticks not later than `moment`, the newest first, without an end."""

    def next_after(self, moment: datetime) -> datetime:
        """The first of `after`."""

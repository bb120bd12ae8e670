"""When a schedule fires: cron with or without seconds, descriptors and `@every`, in a timezone."""

from datetime import datetime
from typing import Protocol

__all__ = ["Schedule"]


class Schedule(Protocol):
    """A checked schedule."""

    def next_after(self, moment: datetime) -> datetime | None:
        """The first tick later than `moment`, both in UTC with their tzinfo; None when it has no
        more.
        """

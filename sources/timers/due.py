"""Which ticks are to be fired now, and which were missed: decided by times alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile

from poplin.resources.source_models import CatchUp
from poplin.schedule import Schedule

__all__ = ["ALL", "COUNTED", "LATEST", "Due", "Missed", "due_ticks", "is_late"]

LATEST = timedelta(seconds=60)
"""A tick that is older when its turn comes was missed."""
COUNTED = 10_000
"""Of more missed ticks it is said that there are more: a second's schedule has 31 million a year."""
ALL = 1_000
"""The most that are caught up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """Ticks that nobody fired in time, from the oldest to the newest of them."""

    count: int
    first: datetime
    last: datetime

    @property
    def number(self) -> str:
        return f"more than {COUNTED:,}" if self.count > COUNTED else f"{self.count:,}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`caught_up` are fired first, though they were missed. The oldest is the first of each."""

    fresh: tuple[datetime, ...] = ()
    caught_up: tuple[datetime, ...] = ()
    missed: Missed | None = None
    settled: datetime | None = None
    """The newest of the missed ones that will never be fired."""


def is_late(tick: datetime, now: datetime) -> bool:
    return now - tick > LATEST


def due_ticks(
    schedule: Schedule,
    now: datetime,
    *,
    last: datetime,
    told: datetime | None,
    catch_up: CatchUp,
) -> Due:
    """Of the ticks in (last, now]. Those up to `told` are known to be missed, and may still have to
    be caught up.
    """
    fresh = list(takewhile(lambda tick: not is_late(tick, now), _since(schedule, now, last)))
    late = now - LATEST - datetime.resolution
    # The newest come first, so that years that were missed need not be gone through.
    missed = list(islice(_since(schedule, late, last), COUNTED + 1))
    fired = missed[: {"none": 0, "last": 1, "all": ALL}[catch_up]]
    untold = [tick for tick in missed if told is None or tick > told]
    left = missed[len(fired) : len(fired) + 1]
    return Due(
        fresh=tuple(reversed(fresh)),
        caught_up=tuple(reversed(fired)),
        missed=_missed(schedule, untold, max(last, told or last)),
        settled=left[0] if left else None,
    )


def _since(schedule: Schedule, now: datetime, last: datetime) -> Iterator[datetime]:
    return takewhile(lambda tick: tick > last, schedule.until(now))


def _missed(schedule: Schedule, ticks: list[datetime], since: datetime) -> Missed | None:
    if not ticks:
        return None
    return Missed(count=len(ticks), first=schedule.next_after(since), last=ticks[0])

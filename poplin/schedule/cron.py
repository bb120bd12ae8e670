"""When a cron schedule fires: at each moment at which the clock on the wall shows such a time.

So a time that a change of clocks leaves out does not come on that day, and one that it repeats comes
twice, as in Knative.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from poplin.schedule.fields import read_fields
from poplin.schedule.schedule import Schedule

__all__ = ["parse_cron"]

_DESCRIPTORS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


def parse_cron(text: str, zone: ZoneInfo) -> Schedule:
    """Raises ValueError."""
    fields = read_fields(_DESCRIPTORS.get(text, text))
    try:
        next(CronSim(fields, datetime(2024, 1, 1)))  # noqa: DTZ001 - of any wall
    except (CronSimError, StopIteration):
        raise ValueError(
            "use a day that comes: that month has no such day, it never fires"
        ) from None
    return _Cron(fields, zone)


@dataclass(frozen=True, slots=True)
class _Cron:
    fields: str
    """As CronSim and robfig/cron read them alike."""
    zone: ZoneInfo

    def after(self, moment: datetime) -> Iterator[datetime]:
        return self._ticks(moment.replace(microsecond=0) + _SECOND, 1)

    def until(self, moment: datetime) -> Iterator[datetime]:
        return self._ticks(moment.replace(microsecond=0), -1)

    def next_after(self, moment: datetime) -> datetime:
        return next(self.after(moment))

    def _ticks(self, at: datetime, way: int) -> Iterator[datetime]:
        """From `at` on, forwards or back."""
        while True:
            at = yield from self._stretch(at, way)

    def _stretch(self, at: datetime, way: int) -> Generator[datetime, None, datetime]:
        """As long as the zone's offset stays as it is, the wall's clock goes like any other, and
        CronSim need know nothing of zones. Returns where the next stretch begins.
        """
        offset = self._offset(at)
        times = CronSim(
            self.fields, (at - way * _SECOND + offset).replace(tzinfo=None), reverse=way < 0
        )
        while True:
            tick = (next(times) - offset).replace(tzinfo=UTC)
            change = self._change(at, tick, way)
            if change is not None:
                return change
            yield tick
            at = tick

    def _change(self, start: datetime, end: datetime, way: int) -> datetime | None:
        """The first moment after `start`, not beyond `end`, that has another offset. Looked for day
        by day: no zone changes twice within one.
        """
        days = range(abs(end - start) // _DAY + 1)
        for here, there in pairwise([*(start + way * each * _DAY for each in days), end]):
            if self._offset(there) != self._offset(here):
                return self._first_change(here, there)
        return None

    def _first_change(self, here: datetime, there: datetime) -> datetime:
        offset = self._offset(here)
        while abs(there - here) > _SECOND:
            middle = here + (there - here) // _SECOND // 2 * _SECOND
            if self._offset(middle) == offset:
                here = middle
            else:
                there = middle
        return there

    def _offset(self, moment: datetime) -> timedelta:
        return moment.astimezone(self.zone).utcoffset() or timedelta()

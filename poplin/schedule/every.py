"""`@every`: a tick each so many seconds, counted from 1970 so that nobody need remember a start."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction

from poplin.schedule.schedule import Schedule

__all__ = ["parse_every"]

_PART = re.compile(r"(\d{1,12}(?:\.\d{0,9})?|\.\d{1,9})(ms|h|m|s)", re.ASCII)
_SECONDS = {"ms": Fraction(1, 1000), "s": Fraction(1), "m": Fraction(60), "h": Fraction(3600)}
_LONGEST_S = 8760 * 3600


def parse_every(text: str) -> Schedule:
    """Of a duration as Go writes it. Raises ValueError."""
    seconds = sum(Fraction(n) * _SECONDS[unit] for n, unit in _PART.findall(text))
    if _PART.sub("", text.strip()) or seconds.denominator != 1 or not 1 <= seconds <= _LONGEST_S:
        raise ValueError(
            "use @every with whole seconds from 1s to 8760h, such as @every 90s or @every 1h30m"
        )
    return _Every(int(seconds))


@dataclass(frozen=True, slots=True)
class _Every:
    period_s: int

    def after(self, moment: datetime) -> Iterator[datetime]:
        return self._ticks(self._number(moment) + 1, 1)

    def until(self, moment: datetime) -> Iterator[datetime]:
        return self._ticks(self._number(moment), -1)

    def next_after(self, moment: datetime) -> datetime:
        return next(self.after(moment))

    def _number(self, moment: datetime) -> int:
        return int(moment.timestamp() // self.period_s)

    def _ticks(self, number: int, way: int) -> Iterator[datetime]:
        while True:
            yield datetime.fromtimestamp(number * self.period_s, UTC)
            number += way

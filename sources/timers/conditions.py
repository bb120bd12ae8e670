"""What people are told of a timer: when it fires next, and what it missed."""

from datetime import datetime, timedelta

from poplin.catalog import Condition
from poplin.resources.source_models import CatchUp
from sources.timers.due import ALL, Missed
from sources.timers.events import stamp
from sources.timers.memory import Progress

__all__ = ["on_time", "told_until", "working"]

_TOLD_FOR = timedelta(hours=24)
"""Long enough for what happens at night."""
_FIRED: dict[CatchUp, str] = {
    "none": "poplin.dev/catch-up has such ticks fired afterwards",
    "last": "the last one is fired afterwards",
    "all": f"they are fired afterwards, the last {ALL:,} at most",
}


def working(following: datetime) -> Condition:
    return Condition("Deployed", "True", message=f"the next tick is at {stamp(following)}")


def on_time(progress: Progress, now: datetime, catch_up: CatchUp) -> Condition:
    missed, until = progress.missed, told_until(progress)
    if missed is None or until is None or now >= until:
        return Condition("OnTime", "True")
    return Condition("OnTime", "False", "TicksMissed", f"{_words(missed)}; {_FIRED[catch_up]}")


def told_until(progress: Progress) -> datetime | None:
    """When OnTime is True again."""
    return progress.missed_at and progress.missed_at + _TOLD_FOR


def _words(missed: Missed) -> str:
    why = "while nothing ran or the sink was away"
    if missed.count == 1:
        return f"the tick of {stamp(missed.last)} was missed {why}"
    span = f"from {stamp(missed.first)} to {stamp(missed.last)}"
    return f"{missed.number} ticks {span} were missed {why}"

"""Which ticks are due, and which were missed, by times alone."""

from datetime import datetime, timedelta

import pytest

from poplin.resources.source_models import CatchUp
from poplin.schedule import parse_schedule
from sources.timers.conditions import on_time
from sources.timers.due import COUNTED, Due, Missed, due_ticks
from sources.timers.memory import Progress
from tests.quick import cpu_s
from tests.sources.timers.stage import moment

MINUTE = timedelta(minutes=1)


def due(
    schedule: str,
    last: str,
    now: str,
    *,
    told: str | None = None,
    catch_up: CatchUp = "none",
) -> Due:
    return due_ticks(
        parse_schedule(schedule, "UTC"),
        moment(now),
        last=moment(last),
        told=moment(told) if told else None,
        catch_up=catch_up,
    )


def times(*texts: str) -> tuple[datetime, ...]:
    return tuple(map(moment, texts))


@pytest.mark.parametrize(
    ("last", "now", "fresh", "missed"),
    [
        ("12:00", "12:00", (), None),
        ("12:00", "12:00:59.999999", (), None),
        ("12:00", "12:01", ("12:01",), None),
        ("12:00:30", "12:01", ("12:01",), None),
        ("12:00", "12:02", ("12:01", "12:02"), None),
        ("12:00", "12:02:00.000001", ("12:02",), ("12:01", 1, "12:01")),
        ("12:00", "12:10:30", ("12:10",), ("12:01", 9, "12:09")),
        ("12:05", "12:01", (), None),
    ],
)
def test_a_tick_is_fired_until_it_is_a_minute_old(
    last: str, now: str, fresh: tuple[str, ...], missed: tuple[str, int, str] | None
) -> None:
    found = due("* * * * *", last, now)

    assert found.fresh == times(*fresh)
    assert found.missed == (
        missed and Missed(first=moment(missed[0]), count=missed[1], last=moment(missed[2]))
    )
    assert found.settled == (found.missed and found.missed.last)
    assert found.caught_up == ()


@pytest.mark.parametrize(
    ("catch_up", "caught_up", "settled"),
    [
        ("none", (), "12:04"),
        ("last", ("12:04",), "12:03"),
        ("all", ("12:01", "12:02", "12:03", "12:04"), None),
    ],
)
def test_what_is_caught_up(
    catch_up: CatchUp, caught_up: tuple[str, ...], settled: str | None
) -> None:
    found = due("* * * * *", "12:00", "12:05:30", catch_up=catch_up)

    assert found.caught_up == times(*caught_up)
    assert found.settled == (settled and moment(settled))
    assert found.fresh == times("12:05")


def test_what_was_told_is_not_told_again_but_caught_up() -> None:
    found = due("* * * * *", "12:00", "12:05:30", told="12:03", catch_up="all")

    assert found.missed == Missed(first=moment("12:04"), count=1, last=moment("12:04"))
    assert found.caught_up == times("12:01", "12:02", "12:03", "12:04")
    assert due("* * * * *", "12:00", "12:05:30", told="12:04").missed is None


@pytest.mark.parametrize(("last", "count"), [("09:12:20", 10_000), ("09:12:19", 10_001)])
def test_so_many_are_counted_and_of_more_it_is_said_that_there_are(last: str, count: int) -> None:
    found = due("* * * * * *", last, "12:00:00.5", catch_up="all").missed

    assert found is not None
    assert found.count == count
    assert found.number == ("10,000" if count == COUNTED else "more than 10,000")


def test_years_that_were_missed_are_not_gone_through() -> None:
    found = due("* * * * * *", "1996-03-01 12:00:00", "12:00:00.5", catch_up="all")
    seconds = cpu_s(lambda: due("* * * * * *", "1996-03-01 12:00:00", "12:00:00.5"), 0.5)

    assert found.missed is not None
    assert found.missed.first == moment("1996-03-01 12:00:01")
    assert len(found.caught_up) == 1000
    assert found.caught_up[-1] == moment("11:58:59") + timedelta(seconds=1)
    assert found.settled == found.caught_up[0] - timedelta(seconds=1)
    assert len(found.fresh) == 60
    assert seconds < 0.5


def test_one_missed_tick_is_named() -> None:
    missed = Missed(count=1, first=moment("03:00"), last=moment("03:00"))
    progress = Progress(last=moment("03:00"), schedule="", missed=missed, missed_at=moment("08:00"))

    assert on_time(progress, moment("09:00"), "last").message == (
        "the tick of 2026-03-01T03:00:00Z was missed while nothing ran or the sink was away; "
        "the last one is fired afterwards"
    )

"""When a cron schedule fires: as in Knative, whose library robfig/cron v3 publishes these tables."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poplin.schedule import parse_schedule

NEW_YORK = "America/New_York"
MINUTE = timedelta(minutes=1)


def utc(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def next_after(schedule: str, moment: str, timezone: str = "UTC") -> datetime:
    return parse_schedule(schedule, timezone).next_after(utc(moment))


@pytest.mark.parametrize(
    ("moment", "schedule", "fires"),
    [
        ("2012-07-09 15:00", "0/15 * * * *", True),
        ("2012-07-09 15:45", "0/15 * * * *", True),
        ("2012-07-09 15:40", "0/15 * * * *", False),
        ("2012-07-09 15:05", "5/15 * * * *", True),
        ("2012-07-09 15:20", "5/15 * * * *", True),
        ("2012-07-09 15:50", "5/15 * * * *", True),
        ("2012-07-15 15:00", "0/15 * * Jul *", True),
        ("2012-07-15 15:00", "0/15 * * Jun *", False),
        ("2012-07-15 08:30", "30 08 ? Jul Sun", True),
        ("2012-07-15 08:30", "30 08 15 Jul ?", True),
        ("2012-07-16 08:30", "30 08 ? Jul Sun", False),
        ("2012-07-16 08:30", "30 08 15 Jul ?", False),
        ("2012-07-09 15:00", "@hourly", True),
        ("2012-07-09 15:04", "@hourly", False),
        ("2012-07-09 15:00", "@daily", False),
        ("2012-07-09 00:00", "@daily", True),
        ("2012-07-09 00:00", "@midnight", True),
        ("2012-07-09 00:00", "@weekly", False),
        ("2012-07-08 00:00", "@weekly", True),
        ("2012-07-08 01:00", "@weekly", False),
        ("2012-07-08 00:00", "@monthly", False),
        ("2012-07-01 00:00", "@monthly", True),
        ("2012-01-01 00:00", "@yearly", True),
        ("2012-01-01 00:00", "@annually", True),
        ("2012-02-01 00:00", "@annually", False),
        # Day of month or day of week, where both are restricted
        ("2012-07-15 00:00", "* * 1,15 * Sun", True),
        ("2012-06-15 00:00", "* * 1,15 * Sun", True),
        ("2012-08-01 00:00", "* * 1,15 * Sun", True),
        ("2012-07-15 00:00", "* * */10 * Sun", True),
        ("2012-07-15 00:00", "* * */2 * Sun", True),
        ("2012-07-09 00:00", "* * 1-31 * Sun", True),
        # and both, where one is a star
        ("2012-07-15 00:00", "* * * * Mon", False),
        ("2012-07-15 00:00", "* * */1 * Mon", False),
        ("2012-07-15 00:00", "* * ?,5 * Mon", False),
        ("2012-07-09 00:00", "* * 1,15 * *", False),
        ("2012-07-15 00:00", "* * 1,15 * *", True),
    ],
)
def test_a_moment_is_a_tick_or_not(moment: str, schedule: str, fires: bool) -> None:
    before = (utc(moment) - timedelta(seconds=1)).isoformat()

    assert (next_after(schedule, before) == utc(moment)) is fires


@pytest.mark.parametrize(
    ("moment", "schedule", "expected"),
    [
        ("2012-07-09 14:45", "0 0/15 * * * *", "2012-07-09 15:00"),
        ("2012-07-09 14:59", "0 0/15 * * * *", "2012-07-09 15:00"),
        ("2012-07-09 14:59:59", "0 0/15 * * * *", "2012-07-09 15:00"),
        ("2012-07-09 14:59:59.999999", "0 0/15 * * * *", "2012-07-09 15:00"),
        ("2012-07-09 15:00:00", "0 0/15 * * * *", "2012-07-09 15:15"),
        ("2012-07-09 15:00:00.000001", "0 0/15 * * * *", "2012-07-09 15:15"),
        ("2012-07-09 15:45", "0 20-35/15 * * * *", "2012-07-09 16:20"),
        ("2012-07-09 23:46", "0 */15 * * * *", "2012-07-10 00:00"),
        ("2012-07-09 23:45", "0 20-35/15 * * * *", "2012-07-10 00:20"),
        ("2012-07-09 23:35:51", "15/35 20-35/15 * * * *", "2012-07-10 00:20:15"),
        ("2012-07-09 23:35:51", "15/35 20-35/15 1/2 * * *", "2012-07-10 01:20:15"),
        ("2012-07-09 23:35:51", "15/35 20-35/15 10-12 * * *", "2012-07-10 10:20:15"),
        ("2012-07-09 23:35:51", "15/35 20-35/15 1/2 */2 * *", "2012-07-11 01:20:15"),
        ("2012-07-09 23:35:51", "15/35 20-35/15 * 9-20 * *", "2012-07-10 00:20:15"),
        ("2012-07-09 23:35:51", "15/35 20-35/15 * 9-20 Jul *", "2012-07-10 00:20:15"),
        ("2012-07-09 23:35", "0 0 0 9 Apr-Oct ?", "2012-08-09 00:00"),
        ("2012-07-09 23:35", "0 0 0 */5 Apr,Aug,Oct Mon", "2012-08-01 00:00"),
        ("2012-07-09 23:35", "0 0 0 */5 Oct Mon", "2012-10-01 00:00"),
        ("2012-07-09 23:35", "0 0 0 * Feb Mon", "2013-02-04 00:00"),
        ("2012-07-09 23:35", "0 0 0 * Feb Mon/2", "2013-02-01 00:00"),
        ("2012-12-31 23:59:45", "0 * * * * *", "2013-01-01 00:00"),
        ("2012-07-09 23:35", "0 0 0 29 Feb ?", "2016-02-29 00:00"),
        ("2096-03-01 00:00", "0 0 0 29 Feb ?", "2104-02-29 00:00"),
        ("2012-07-09 23:35", "0 0 0 30 2 0", "2013-02-03 00:00"),
    ],
)
def test_the_tick_after_a_moment(moment: str, schedule: str, expected: str) -> None:
    assert next_after(schedule, moment) == utc(expected)


@pytest.mark.parametrize(
    ("moment", "schedule", "expected"),
    [
        # 11 March 2012: 2:00 -05:00 → 3:00 -04:00
        ("2012-03-11T00:00:00-05:00", "0 30 2 11 Mar ?", "2013-03-11T02:30:00-04:00"),
        ("2012-03-11T00:00:00-05:00", "0 0 * * * ?", "2012-03-11T01:00:00-05:00"),
        ("2012-03-11T01:00:00-05:00", "0 0 * * * ?", "2012-03-11T03:00:00-04:00"),
        ("2012-03-11T03:00:00-04:00", "0 0 * * * ?", "2012-03-11T04:00:00-04:00"),
        ("2012-03-11T04:00:00-04:00", "0 0 * * * ?", "2012-03-11T05:00:00-04:00"),
        ("2012-03-11T00:00:00-05:00", "0 0 1 * * ?", "2012-03-11T01:00:00-05:00"),
        ("2012-03-11T01:00:00-05:00", "0 0 1 * * ?", "2012-03-12T01:00:00-04:00"),
        ("2012-03-11T00:00:00-05:00", "0 0 2 * * ?", "2012-03-12T02:00:00-04:00"),
        # 4 November 2012: 2:00 -04:00 → 1:00 -05:00
        ("2012-11-04T00:00:00-04:00", "0 30 2 04 Nov ?", "2012-11-04T02:30:00-05:00"),
        ("2012-11-04T01:45:00-04:00", "0 30 1 04 Nov ?", "2012-11-04T01:30:00-05:00"),
        ("2012-11-04T00:00:00-04:00", "0 0 * * * ?", "2012-11-04T01:00:00-04:00"),
        ("2012-11-04T01:00:00-04:00", "0 0 * * * ?", "2012-11-04T01:00:00-05:00"),
        ("2012-11-04T01:00:00-05:00", "0 0 * * * ?", "2012-11-04T02:00:00-05:00"),
        ("2012-11-04T00:00:00-04:00", "0 0 1 * * ?", "2012-11-04T01:00:00-04:00"),
        ("2012-11-04T01:00:00-04:00", "0 0 1 * * ?", "2012-11-04T01:00:00-05:00"),
        ("2012-11-04T01:00:00-05:00", "0 0 1 * * ?", "2012-11-05T01:00:00-05:00"),
        ("2012-11-04T00:00:00-04:00", "0 0 2 * * ?", "2012-11-04T02:00:00-05:00"),
        ("2012-11-04T02:00:00-05:00", "0 0 2 * * ?", "2012-11-05T02:00:00-05:00"),
        ("2012-11-04T00:00:00-04:00", "0 0 3 * * ?", "2012-11-04T03:00:00-05:00"),
        ("2012-11-04T03:00:00-05:00", "0 0 3 * * ?", "2012-11-05T03:00:00-05:00"),
        ("2012-11-04T00:00:00-04:00", "0 0 3 3 * ?", "2012-12-03T03:00:00-05:00"),
    ],
)
def test_clocks_are_changed_in_new_york(moment: str, schedule: str, expected: str) -> None:
    assert next_after(schedule, moment, NEW_YORK) == utc(expected)


@pytest.mark.parametrize(
    ("timezone", "moment", "schedule", "expected"),
    [
        ("Asia/Kolkata", "2016-01-03T13:09:03+05:30", "14 14 * * *", "2016-01-03T14:14:00+05:30"),
        ("Asia/Kolkata", "2016-01-03T04:09:03+05:30", "14 14 * * ?", "2016-01-03T14:14:00+05:30"),
        # where midnight itself is left out
        ("America/Sao_Paulo", "2018-10-17T05:00:00-04:00", "0 9 10 * ?", "2018-11-10T06:00:00-05:00"),
        ("America/Sao_Paulo", "2018-02-14T05:00:00-05:00", "0 9 22 * ?", "2018-02-22T07:00:00-05:00"),
        ("America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "@daily", "2018-11-05T00:00:00-02:00"),
        ("America/Sao_Paulo", "2018-11-03T12:00:00-03:00", "0 0 4 11 *", "2019-11-04T00:00:00-03:00"),
        # and half an hour
        ("Australia/Lord_Howe", "2025-10-04T12:00:00+10:30", "0 3 * * *", "2025-10-05T03:00:00+11:00"),
        ("Australia/Lord_Howe", "2025-10-05T01:59:59+10:30", "0/15 * * * *", "2025-10-05T02:30:00+11:00"),
    ],
)  # fmt: skip
def test_clocks_elsewhere(timezone: str, moment: str, schedule: str, expected: str) -> None:
    assert next_after(schedule, moment, timezone) == utc(expected)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("JAN,feb,Mar", "1-3"),
        ("*/4", "1,5,9"),
        ("2/5", "2,7,12"),
        ("2-9/5", "2,7"),
        ("+1,002", "1,2"),
        ("1,,2", "1,2"),
        ("?", "*"),
        ("*-3", "*"),
        ("1,*", "*"),
        ("5/100", "5"),
        ("1,5-7/2,3", "1,3,5,7"),
    ],
)
def test_a_field_has_several_spellings(one: str, other: str) -> None:
    first = parse_schedule(f"0 0 1 {one} *", "UTC").after(utc("2026-01-01"))
    second = parse_schedule(f"0  0 1\t{other} * ", "UTC").after(utc("2026-01-01"))

    assert list(islice(first, 24)) == list(islice(second, 24))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("", "use 5 fields (minute,"),
        ("2", "use 5 fields (minute,"),
        ("* * * *", "use 5 fields (minute,"),
        ("* * * * * * *", "use 5 fields (minute,"),
        ("@Daily", "use 5 fields (minute,"),
        ("@reboot", "use 5 fields (minute,"),
        ("60 0 * * *", "use 0 to 59 as minute, not '60'"),
        ("0 24 * * *", "use 0 to 23 as hour, not '24'"),
        ("0 0 0 * *", "use 1 to 31 as day of month, not '0'"),
        ("0 0 * 13 *", "use 1 to 12 or jan to dec as month, not '13'"),
        ("0 0 * * XYZ", "use 0 to 6 or sun to sat as day of week, not 'XYZ'"),
        ("0 0 * * 7", "use 0 to 6 or sun to sat as day of week, not '7'; Sunday is 0"),
        ("0 0 * * 5-7", "not '5-7'; Sunday is 0"),
        ("60 * * * * *", "use 0 to 59 as second, not '60'"),
        ("0 0 L * *", "use 1 to 31 as day of month, not 'L'; L, W and # are not supported"),
        ("0 0 15W * *", "not '15W'; L, W and # are not supported"),
        ("0 0 * * fri#2", "not 'fri#2'; L, W and # are not supported"),
        ("0 0 * * fri-mon", "use a range that goes up as day of week, not 'fri-mon'; two with"),
        ("5-3 * * * *", "use a range that goes up as minute, not '5-3'"),
        ("*/0 * * * *", "use a step of 1 or more as minute, not '*/0'"),
        ("*//2 * * * *", "use a step of 1 or more as minute, not '*//2'"),
        ("*/2/3 * * * *", "use a step of 1 or more as minute, not '*/2/3'"),
        ("*/-12 * * * *", "use a step of 1 or more as minute, not '*/-12'"),
        ("1--2 * * * *", "use 0 to 59 as minute, not '1--2'"),
        ("-1 * * * *", "use 0 to 59 as minute, not '-1'"),
        ("1.5 * * * *", "use 0 to 59 as minute, not '1.5'"),
        (", * * * *", "use 0 to 59 as minute, not ','"),
        ("9" * 5000 + " * * * *", f"use 0 to 59 as minute, not '{'9' * 27}...'"),
        ("٣ * * * *", "use 0 to 59 as minute, not '\\u0663'"),
        ("0 0 0 30 Feb ?", "use a day that comes: that month has no such day, it never fires"),
        ("0 0 0 31 Apr,Jun ?", "use a day that comes"),
    ],
)
def test_what_is_refused(schedule: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^use ") as caught:
        parse_schedule(schedule, "UTC")

    assert message in str(caught.value)


def _shows(moment: datetime, timezone: str, schedule: tuple[set[int], set[int]]) -> bool:
    wall = moment.astimezone(ZoneInfo(timezone))
    return wall.hour in schedule[0] and wall.minute in schedule[1]


@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(
        [
            ("America/New_York", "2026-03-07"),
            ("America/New_York", "2026-10-31"),
            ("Europe/Dublin", "2026-10-24"),
            ("Australia/Lord_Howe", "2026-04-04"),
            ("Australia/Lord_Howe", "2026-10-03"),
            ("Antarctica/Troll", "2026-03-28"),
            ("Antarctica/Troll", "2026-10-24"),
            ("America/Sao_Paulo", "2018-02-16"),
            ("America/Sao_Paulo", "2018-11-02"),
            ("Pacific/Apia", "2011-12-29"),
            ("Asia/Pyongyang", "2018-05-03"),
            ("Africa/Cairo", "2026-10-28"),
        ]
    ),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=6),
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=4),
)
def test_it_fires_whenever_the_clock_on_the_wall_shows_such_a_time(
    place: tuple[str, str], hours: set[int], minutes: set[int]
) -> None:
    """Forwards and back, over every kind of change."""
    timezone, date = place
    start = utc(date)
    end = start + timedelta(days=4)
    times = [start + each * MINUTE for each in range(1, 4 * 24 * 60 + 1)]
    expected = [each for each in times if _shows(each, timezone, (hours, minutes))]
    text = f"{','.join(map(str, minutes))} {','.join(map(str, hours))} * * *"

    schedule = parse_schedule(text, timezone)

    assert list(takewhile(lambda each: each <= end, schedule.after(start))) == expected
    back = list(takewhile(lambda each: each > start, schedule.until(end)))
    assert back == expected[::-1]


def test_a_moment_that_is_a_tick_is_among_those_until_it() -> None:
    schedule = parse_schedule("* * * * * *", "UTC")
    tick = utc("2026-01-01 00:00:05")

    assert next(iter(schedule.until(tick))) == tick
    assert next(iter(schedule.until(tick + timedelta(microseconds=1)))) == tick
    assert next(iter(schedule.until(tick - timedelta(microseconds=1)))) == tick - timedelta(
        seconds=1
    )

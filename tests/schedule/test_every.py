"""`@every`: the same ticks for everybody, whoever started when."""

from datetime import UTC, datetime
from itertools import islice

import pytest

from poplin.schedule import parse_schedule


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("@every 1s", 1),
        ("@every 90s", 90),
        ("@every  1m30s ", 90),
        ("@every 1h30m", 5400),
        ("@every 1.5h", 5400),
        ("@every .5m", 30),
        ("@every 1500ms500ms", 2),
        ("@every 8760h", 31_536_000),
    ],
)
def test_its_ticks_are_multiples_since_1970(text: str, seconds: int) -> None:
    schedule = parse_schedule(text, "UTC")
    moment = datetime(2026, 3, 29, 0, 59, 59, 999_999, UTC)
    number = int(moment.timestamp()) // seconds

    after = [each.timestamp() / seconds for each in islice(schedule.after(moment), 3)]
    until = [each.timestamp() / seconds for each in islice(schedule.until(moment), 3)]

    assert after == [number + 1, number + 2, number + 3]
    assert until == [number, number - 1, number - 2]
    assert schedule.next_after(moment) == next(schedule.after(moment))


def test_a_tick_is_not_after_itself() -> None:
    schedule = parse_schedule("@every 90s", "Europe/Paris")
    tick = datetime.fromtimestamp(90 * 1000, UTC)

    assert schedule.next_after(tick) == datetime.fromtimestamp(90 * 1001, UTC)
    assert next(schedule.until(tick)) == tick


@pytest.mark.parametrize(
    "text",
    [
        "@every", "@every ", "@every 5", "@every 0s", "@every 500ms", "@every 1.5s", "@every -5s",
        "@every 5d", "@every Xm", "@every 8761h", "@every 1 s", "@everything", "@every 1e3s",
        "@every 5s x", "@every 9999999999999999s",
    ],
)  # fmt: skip
def test_what_is_no_duration_of_whole_seconds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^use @every with whole seconds from 1s to 8760h, such"):
        parse_schedule(text, "UTC")

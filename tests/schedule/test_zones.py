"""Time zones: whose names are known, and where they stand."""

from zoneinfo import ZoneInfo, reset_tzpath

import pytest

from poplin.schedule import parse_schedule, split_zone, zone_of


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Europe/Pari", "use Europe/Paris, or another name of the IANA time zone database"),
        ("europe/paris", "use Europe/Paris,"),
        ("berlin", "use Europe/Berlin,"),
        ("EUROPE/PARIS", "use Europe/Paris,"),
        ("CEST", "use a name such as UTC or Europe/Paris of"),
        ("New York", "use America/New_York,"),
        ("US/Pacfic", "use US/Pacific,"),
        ("Europe", "use a name such as UTC or Europe/Paris of the IANA time zone database"),
        ("Knative/Land", "use a name such as"),
        ("Local", "use a name such as"),
        ("", "use a name such as"),
        ("../etc/passwd", "use a name such as"),
        ("/etc/localtime", "use a name such as"),
        ("a\0b", "use a name such as"),
        ("x" * 300, "use a name such as"),
    ],
)
def test_an_unknown_time_zone_is_refused(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"^use ") as caught:
        parse_schedule("@daily", name)

    assert str(caught.value).startswith(message)


def test_the_system_need_have_no_time_zones() -> None:
    """Slim images have none."""
    reset_tzpath(())
    ZoneInfo.clear_cache()
    try:
        assert zone_of("Europe/Paris").key == "Europe/Paris"
    finally:
        reset_tzpath()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 * * * *", ("", "5 * * * *")),
        ("TZ=UTC  0 5 * * * *", ("UTC", "0 5 * * * *")),
        ("CRON_TZ=Asia/Tokyo 0 5 * * * *", ("Asia/Tokyo", "0 5 * * * *")),
        (" TZ=Asia/Tokyo @midnight ", ("Asia/Tokyo", "@midnight")),
        ("CRON_TZ=Asia/Tokyo", ("Asia/Tokyo", "")),
        ("CRON_TZ= @daily", ("", "@daily")),
        ("FOO=UTC @daily", ("", "FOO=UTC @daily")),
    ],
)
def test_a_schedule_may_begin_with_its_time_zone(text: str, expected: tuple[str, str]) -> None:
    assert split_zone(text) == expected

"""What fails again and again is said now and then."""

import structlog

from sources.complaints import Complaints


def test_a_reason_is_said_at_once_and_then_every_ten_seconds_with_how_often() -> None:
    now = [0.0]
    complaints = Complaints(lambda: now[0])

    with structlog.testing.capture_logs() as lines:
        for second in range(12):
            now[0] = float(second)
            complaints.refused("a", "sink_away", 503, "refused")

    assert [line.get("more") for line in lines] == [None, 9]
    assert lines[0] == {
        "event": "webhooks are refused",
        "log_level": "warning",
        "source": "a",
        "reason": "sink_away",
        "status": 503,
        "why": "refused",
    }


def test_sources_and_reasons_are_told_apart() -> None:
    complaints = Complaints(lambda: 0.0)

    with structlog.testing.capture_logs() as lines:
        for source, reason in (("a", "busy"), ("a", "internal"), ("b", "busy"), ("a", "busy")):
            complaints.refused(source, reason, 503, "")

    assert [(line["source"], line["reason"], line["log_level"]) for line in lines] == [
        ("a", "busy", "warning"),
        ("a", "internal", "error"),
        ("b", "busy", "warning"),
    ]


def test_what_fails_has_its_own_words_and_may_have_no_answer() -> None:
    with structlog.testing.capture_logs() as lines:
        Complaints(what="events wait").refused("a", "sink_away", None, "no connection")

    assert lines == [
        {
            "event": "events wait",
            "log_level": "warning",
            "source": "a",
            "reason": "sink_away",
            "why": "no connection",
        }
    ]

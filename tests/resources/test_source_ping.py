"""PingSource: when it fires, in which time zone, and what it sends."""

from pathlib import Path

import pytest

from poplin.resources.source_models import PingSpec
from tests.resources.sources import annotated, the_source, with_spec
from tests.resources.test_load import problem

PING = """\
apiVersion: sources.knative.dev/v1
kind: PingSource
metadata: {name: x}
spec:
  sink: {uri: 'http://sink/'}
"""


def test_a_timer_needs_nothing_but_a_sink(tmp_path: Path) -> None:
    """As Knative has it: each minute, in UTC, without data."""
    source = the_source(tmp_path, PING)

    assert source.key == "PingSource/default/x"
    assert source.spec == PingSpec(
        schedule="* * * * *", timezone="UTC", content_type="", data=b"", catch_up="none"
    )


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("schedule: '*/2 * * * *'", PingSpec(schedule="*/2 * * * *")),
        ("schedule: 10 0/5 * * * ?", PingSpec(schedule="10 0/5 * * * ?")),
        ("schedule: '@daily'", PingSpec(schedule="@daily")),
        ("schedule: '@every 90s'", PingSpec(schedule="@every 90s")),
        (
            "schedule: 0 3 * * *\ntimezone: Europe/Paris",
            PingSpec(schedule="0 3 * * *", timezone="Europe/Paris"),
        ),
        (
            "schedule: CRON_TZ=Asia/Tokyo 0 3 * * *",
            PingSpec(schedule="0 3 * * *", timezone="Asia/Tokyo"),
        ),
        ("schedule: TZ=UTC  @midnight", PingSpec(schedule="@midnight")),
        (
            "contentType: application/json\ndata: '{\"msg\": \"Hello\"}'",
            PingSpec(content_type="application/json", data=b'{"msg": "Hello"}'),
        ),
        ("contentType: application/json\ndata: '[1]'", PingSpec(content_type="application/json", data=b"[1]")),
        ("data: '{'", PingSpec(data=b"{")),
        ("data: zażółć", PingSpec(data="zażółć".encode())),
        (
            "contentType: text/plain\ndataBase64: SGVsbG8gV29ybGQu",
            PingSpec(content_type="text/plain", data=b"Hello World."),
        ),
        ("dataBase64: \"SGVs\\nbG8=\\n\"", PingSpec(data=b"Hello")),
        (f"data: {'a' * 1_000_000}", PingSpec(data=b"a" * 1_000_000)),
        ("schedule: ''\ntimezone: ''\ncontentType: ''\ndata: ''\ndataBase64: ''", PingSpec()),
        ("data: a\ndataBase64: ''", PingSpec(data=b"a")),
    ],
)  # fmt: skip
def test_what_is_taken(tmp_path: Path, lines: str, expected: PingSpec) -> None:
    assert the_source(tmp_path, with_spec(PING, lines)).spec == expected


@pytest.mark.parametrize("catch_up", ["none", "last", "all"])
def test_missed_ticks_are_caught_up_as_an_annotation_says(tmp_path: Path, catch_up: str) -> None:
    spec = the_source(tmp_path, annotated(PING, catch_up=catch_up)).spec

    assert spec == PingSpec(catch_up=catch_up)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lines", "path", "message"),
    [
        ("schedule: 2", "spec.schedule", "2 is not allowed; use a string"),
        ("schedule: '2'", "spec.schedule", "'2' is not allowed; use 5 fields"),
        ("schedule: 0 0 30 2 *", "spec.schedule", "'0 0 30 2 *' is not allowed; use a day that comes"),
        ("schedule: 0 0 * * 7", "spec.schedule", "use 0 to 6 or sun to sat as day of week, not '7'"),
        ("schedule: CRON_TZ=UTC", "spec.schedule", "use 5 fields"),
        ("schedule: CRON_TZ=Nowhere/City 0 3 * * *", "spec.schedule", "'Nowhere/City' is not allowed; use a name"),
        ("schedule: CRON_TZ=UTC @daily\ntimezone: UTC", "spec.timezone", "the schedule begins with CRON_TZ="),
        ("timezone: Knative/Land", "spec.timezone", "'Knative/Land' is not allowed; use a name such as UTC"),
        ("timezone: Berlin", "spec.timezone", "'Berlin' is not allowed; use Europe/Berlin"),
        ("timezone: 1", "spec.timezone", "1 is not allowed; use a string"),
        ("contentType: 1", "spec.contentType", "1 is not allowed"),
        ("contentType: \"a\\u0001\"", "spec.contentType", "control characters"),
        ("data: 5", "spec.data", "is not a string; put it in quotes"),
        ("data: {msg: hello}", "spec.data", "is not a string; put it in quotes"),
        ("data: a\ndataBase64: Yg==", "spec.dataBase64", "expected at most one of spec.data and"),
        ("dataBase64: $$$", "spec.dataBase64", "is not base64"),
        ("dataBase64: Yg=", "spec.dataBase64", "is not base64"),
        ("dataBase64: Yg", "spec.dataBase64", "is not base64"),
        ("dataBase64: żó", "spec.dataBase64", "is not base64"),
        ("contentType: application/json\ndata: '{\"a\": }'", "spec.data", "is not JSON, as contentType application/json says:"),
        ("contentType: application/json\ndataBase64: Yg==", "spec.dataBase64", "is not JSON"),
        (f"data: {'a' * 1_000_001}", "spec.data", "has 1000001 bytes; at most 1000000 are sent"),
        ("jsonData: '{}'", "spec.jsonData", "unknown field"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, lines: str, path: str, message: str) -> None:
    found = problem(tmp_path, with_spec(PING, lines))

    assert f"PingSource default/x: {path}: " in found
    assert message in found


def test_what_it_sends_is_in_no_message(tmp_path: Path) -> None:
    json = "contentType: application/json\ndata: hunter2"
    for lines in (json, "dataBase64: hunter2!", "data: hunter2\ndataBase64: hunter2"):
        assert "hunter2" not in problem(tmp_path, with_spec(PING, lines))


def test_of_other_versions_it_is_said_which_one_is_read(tmp_path: Path) -> None:
    old = PING.replace("knative.dev/v1", "knative.dev/v1beta2")

    assert problem(tmp_path, old).endswith(
        "'sources.knative.dev/v1beta2' is not allowed; use sources.knative.dev/v1"
    )

"""`poplin filter`, as a user runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from poplin_cli.filter import filter_app

TRIGGER = """apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: orders}
spec:
  broker: main
  subscriber: {uri: http://localhost:9000/}
  filters:
    - exact: {type: com.example.order}
    - any:
        - prefix: {source: /shop, subject: x}
        - not: {suffix: {id: "2"}}
    - cesql: "subject LIKE 'a%' AND EXISTS foo"
"""
LEGACY = """---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: legacy}
spec:
  broker: main
  subscriber: {uri: http://localhost:9000/}
  filter: {attributes: {type: com.example.order, subject: "", n: "7"}}
"""
EVENT = {
    "specversion": "1.0",
    "id": "A-1",
    "source": "/shop/eu",
    "type": "com.example.order",
    "subject": "abc",
    "n": 7,
}


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """The paths of a Trigger and of an event that it does not match."""
    (tmp_path / "t.yaml").write_text(TRIGGER)
    (tmp_path / "e.json").write_text(json.dumps(EVENT))
    return str(tmp_path / "t.yaml"), str(tmp_path / "e.json")


def run(command: str, trigger: str, event: str, text: str = "") -> tuple[int, str]:
    found = CliRunner().invoke(
        filter_app, [command, "--trigger", trigger, "--event", event], input=text
    )
    return found.exit_code, found.output


def test_test_says_who_matches(files: tuple[str, str]) -> None:
    trigger, event = files
    Path(trigger).write_text(LEGACY + TRIGGER.replace("apiVersion", "---\napiVersion"))

    assert run("test", trigger, event) == (
        1,
        "Trigger default/legacy matches event A-1\n"
        "Trigger default/orders does not match event A-1\n",
    )


def test_an_event_that_matches_every_trigger_is_a_success(files: tuple[str, str]) -> None:
    trigger, _ = files

    assert run("test", trigger, "-", json.dumps({**EVENT, "foo": True}))[0] == 0


def test_explain_names_each_part_its_place_and_its_reason(files: tuple[str, str]) -> None:
    status, output = run("explain", *files)

    assert status == 1
    assert output.splitlines() == [
        "Trigger default/orders does not match event A-1",
        "  yes filters[0].exact.type: type is 'com.example.order'",
        "  yes filters[1].any: any of 2",
        "      no  filters[1].any[0].prefix: all of these",
        "          yes filters[1].any[0].prefix.source: source is '/shop/eu'",
        "          no  filters[1].any[0].prefix.subject: subject is 'abc'; it should begin with 'x'",
        "      yes filters[1].any[1].not: matches unless the part below does",
        "          no  filters[1].any[1].not.suffix.id: id is 'A-1'; it should end with '2'",
        "  no  filters[2].cesql: subject LIKE 'a%' AND EXISTS foo gives FALSE",
        "      yes line 1, column 1: subject LIKE 'a%' gives TRUE",
        "          --  line 1, column 1: subject gives 'abc'",
        "      no  line 1, column 23: EXISTS foo gives FALSE",
    ]


def test_explain_shows_errors_and_what_was_not_reached(files: tuple[str, str]) -> None:
    trigger, event = files
    Path(trigger).write_text(TRIGGER.replace("EXISTS foo", "foo = 'x' OR TRUE"))

    _, output = run("explain", trigger, event)

    assert "  warning: spec.filters[2].cesql: line 1, column 19: AND and OR are mixed" in output
    assert "foo = 'x': missingAttribute error, the event has no attribute foo" in output
    assert "          --  line 1, column 36: TRUE: not reached" not in output
    assert "      --  line 1, column 36: TRUE: not reached" in output


@pytest.mark.parametrize(
    ("trigger", "event", "said"),
    [
        (
            TRIGGER.replace("EXISTS foo", "EXISTS"),
            EVENT,
            "spec.filters[2].cesql: line 1, column 29",
        ),
        ("apiVersion: v1\nkind: ConfigMap\n", EVENT, "holds no Trigger"),
        (TRIGGER, {**EVENT, "id": ""}, "attribute 'id' is missing"),
        (TRIGGER, None, "cannot be read: No such file"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    files: tuple[str, str], trigger: str, event: object, said: str
) -> None:
    Path(files[0]).write_text(trigger)
    if event is None:
        Path(files[1]).unlink()
    else:
        Path(files[1]).write_text(json.dumps(event))

    status, output = run("test", *files)

    assert status == 2
    assert said in output
    assert output.startswith("poplin: ")
    assert "Traceback" not in output

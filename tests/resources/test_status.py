"""What is said of Brokers and Triggers: Knative's conditions, reasons and status."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from poplin.catalog import Verdict
from poplin.resources import resolve, status_of
from tests.resources.test_load import BROKER, GOOD, HEAD, loaded

NOWHERE = "{ref: {apiVersion: v1, kind: Service, name: absent}}"
NO_SINK = "Unable to get the dead letter sink's URI"
NO_SUBSCRIBER = "Unable to get the Subscriber's URI"
LOST = f"spec: {{delivery: {{deadLetterSink: {NOWHERE}}}}}\n"
SINK = "spec: {delivery: {deadLetterSink: {uri: 'http://d/'}}}\n"


def verdicts(
    folder: Path, text: str, known: Mapping[str, Verdict] | None = None
) -> dict[str, Verdict]:
    found = resolve(
        loaded(folder, text),
        lambda *_: "uid",
        broker_url=lambda namespace, name: f"http://i/{namespace}/{name}",
        known=known,
    )
    return {verdict.key: verdict for verdict in found.verdicts}


def conditions(verdict: Verdict) -> dict[str, str]:
    """By type: the status, and the reason where there is one."""
    return {each.type: f"{each.status} {each.reason}".strip() for each in verdict.conditions}


@pytest.mark.parametrize(
    ("broker", "trigger", "expected"),
    [
        ("", "", {}),
        ("spec: {x: 1}\n", "", {"BrokerReady": "False Invalid"}),
        (
            LOST,
            "",
            {
                "BrokerReady": f"False {NO_SINK}",
                "DeadLetterSinkResolved": "False Broker b didn't set status.deadLetterSinkURI",
            },
        ),
        (
            LOST,
            "  delivery: {deadLetterSink: {uri: 'http://own/'}}\n",
            {"BrokerReady": f"False {NO_SINK}", "DeadLetterSinkResolved": "True"},
        ),
        (SINK, "", {"DeadLetterSinkResolved": "True"}),
        (
            SINK,
            f"  delivery: {{deadLetterSink: {NOWHERE}}}\n",
            {"DeadLetterSinkResolved": f"False {NO_SINK}"},
        ),
    ],
)
def test_a_trigger_has_the_conditions_of_knative(
    tmp_path: Path, broker: str, trigger: str, expected: dict[str, str]
) -> None:
    found = verdicts(tmp_path, f"{BROKER}{broker}---\n{GOOD}{trigger}")["Trigger/default/t"]

    failed = [each for each in expected.values() if each.startswith("False")]
    assert conditions(found) == {
        "Ready": failed[0] if failed else "True",
        "BrokerReady": "True",
        "SubscriberResolved": "True",
        "DeadLetterSinkResolved": "True DeadLetterSinkNotConfigured",
        "DependencyReady": "True",
        **expected,
    }


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("", "True DeadLetterSinkNotConfigured"),
        (SINK, "True"),
        (LOST, f"False {NO_SINK}"),
    ],
)
def test_a_broker_has_the_conditions_of_knative(tmp_path: Path, spec: str, expected: str) -> None:
    found = verdicts(tmp_path, BROKER + spec)["Broker/default/b"]

    ready = expected if expected.startswith("False") else "True"
    assert conditions(found) == {
        "Ready": ready,
        "Addressable": "True",
        "DeadLetterSinkResolved": expected,
    }


def test_a_trigger_without_a_broker_says_all_that_is_wrong(tmp_path: Path) -> None:
    text = HEAD + f"  broker: b\n  subscriber: {NOWHERE}\n"

    found = verdicts(tmp_path, text)["Trigger/default/t"]

    assert conditions(found)["Ready"] == "False BrokerDoesNotExist"
    assert conditions(found)["BrokerReady"] == "False BrokerDoesNotExist"
    assert conditions(found)["SubscriberResolved"] == f"False {NO_SUBSCRIBER}"
    assert found.broker == "b"


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ('{"kind":"PingSource","name":"p","apiVersion":"sources.knative.dev/v1"}', ""),
        ('{"kind":"P","name":"p","apiVersion":"v1","namespace":"default"}', ""),
        ('{"kind":"P","name":"p","apiVersion":"v1","namespace":"n"}', "names another namespace"),
        ('{"kind":"PingSource","name":"p"}', "use a JSON object with kind, name and apiVersion"),
        ('{"kind":1,"name":"p","apiVersion":"v1"}', "use a JSON object with"),
        ("ping", "'ping' is not allowed; use a JSON object with"),
    ],
)
def test_a_dependency_is_not_there_and_a_bad_one_is_refused(
    tmp_path: Path, annotation: str, expected: str
) -> None:
    noted = f"{{name: t, annotations: {{knative.dev/dependency: '{annotation}'}}}}"

    found = loaded(tmp_path, f"{BROKER}---\n{GOOD.replace('{name: t}', noted)}")
    resolved = resolve(found, lambda *_: "uid", broker_url=lambda *_: "http://i/")

    trigger = resolved.verdicts[1]
    assert expected in trigger.message
    assert trigger.reason == ("Invalid" if expected else "DependencyDoesNotExist")
    assert len(resolved.triggers) == (0 if expected else 1)


def test_status_is_that_of_knatives_api(tmp_path: Path) -> None:
    found = verdicts(tmp_path, f"{BROKER}{SINK}---\n{GOOD}")

    broker, trigger = (status_of(each) for each in found.values())
    assert broker == {
        "observedGeneration": 1,
        "address": {"url": "http://i/default/b"},
        "deadLetterSinkUri": "http://d/",
        "conditions": [
            {"type": "Ready", "status": "True"},
            {"type": "Addressable", "status": "True"},
            {"type": "DeadLetterSinkResolved", "status": "True"},
        ],
    }
    assert (trigger["subscriberUri"], trigger["deadLetterSinkUri"]) == ("http://s/", "http://d/")
    assert "address" not in trigger


def test_what_is_refused_is_shown_as_invalid_with_the_field(tmp_path: Path) -> None:
    text = f"{BROKER}---\n{GOOD}  delivery: {{retry: -1}}\n"

    status: Any = status_of(verdicts(tmp_path, text)["Trigger/default/t"])

    (ready,) = status["conditions"]
    assert (ready["type"], ready["status"], ready["reason"]) == ("Ready", "False", "Invalid")
    assert ready["message"].startswith("spec.delivery.retry: -1 is not allowed")
    assert "subscriberUri" not in status


def test_the_generation_grows_with_the_spec_alone(tmp_path: Path) -> None:
    texts = [
        f"{BROKER}---\n{GOOD}",
        f"# moved\n{BROKER}---\n{GOOD}".replace("{name: t}", "{name: t, labels: {a: b}}"),
        f"{BROKER}---\n{GOOD}  filter: {{attributes: {{type: x}}}}\n",
        f"{BROKER}spec: {{delivery: {{retry: 1}}}}\n---\n{GOOD}  delivery: {{retry: x}}\n",
    ]
    known: dict[str, Verdict] = {}
    generations = []

    for text in texts:
        known = verdicts(tmp_path, text, known)
        generations.append([each.observed_generation for each in known.values()])

    assert generations == [[1, 1], [1, 1], [1, 2], [2, 3]]

"""Conditions of a source that come from several hands, and its status in Knative's shape."""

from dataclasses import replace
from pathlib import Path

import pytest

from poplin.catalog import Condition, SourceStatus
from poplin.resources import source_status_of, with_conditions
from tests.resources.sources import API_SERVER, GITHUB, PING, SECRET, annotated, resolved, with_spec

PROVIDED = (Condition("SinkProvided", "True"), Condition("SecretsProvided", "True"))
STATUS = with_conditions(
    SourceStatus(kind="GitHubSource", api_version="v", namespace="n", name="x"), *PROVIDED
)
CONFIGURED = Condition("WebhookConfigured", "True")
FORBIDDEN = Condition("WebhookConfigured", "False", "Forbidden", "the token may not")
CHECKING = Condition("WebhookConfigured", "Unknown", "Checking")
DELIVERED = Condition("DeliveryReceived", "True", "", "ping of hook 42")
REFUSES = Condition("EventsAccepted", "False", "EventTooLarge", "use --max-event-bytes")


def types(status: SourceStatus) -> list[str]:
    return [each.type for each in status.conditions]


@pytest.mark.parametrize(
    ("conditions", "ready"),
    [
        ((), Condition("Ready", "True")),
        ((CONFIGURED,), Condition("Ready", "True")),
        ((FORBIDDEN,), replace(FORBIDDEN, type="Ready")),
        ((CHECKING,), replace(CHECKING, type="Ready")),
        ((REFUSES, DELIVERED), Condition("Ready", "True")),
        (
            (Condition("SecretsProvided", "False", "a"), FORBIDDEN),
            Condition("Ready", "False", "a"),
        ),
        (
            (FORBIDDEN, Condition("SinkProvided", "Unknown", "b")),
            replace(FORBIDDEN, type="Ready"),
        ),
        (
            (CHECKING, Condition("SinkProvided", "Unknown", "b")),
            Condition("Ready", "Unknown", "b"),
        ),
    ],
)
def test_ready_is_that_of_the_first_that_counts_and_is_false_or_else_unknown(
    conditions: tuple[Condition, ...], ready: Condition
) -> None:
    assert with_conditions(STATUS, *conditions).condition("Ready") == ready


def test_conditions_stand_in_one_order_each_once() -> None:
    first = with_conditions(STATUS, DELIVERED, REFUSES, FORBIDDEN)
    again = with_conditions(first, CONFIGURED, replace(REFUSES, status="True", reason=""))

    assert types(first) == types(again) == [
        "Ready", "SinkProvided", "SecretsProvided", "WebhookConfigured", "DeliveryReceived",
        "EventsAccepted",
    ]  # fmt: skip
    assert again.ready
    assert again.condition("EventsAccepted").status == "True"


def test_a_refused_document_stays_invalid(tmp_path: Path) -> None:
    refused = resolved(tmp_path, with_spec(GITHUB, "eventTypes: []")).status

    found = with_conditions(refused, DELIVERED, CONFIGURED)

    assert found.condition("Ready").reason == "Invalid"
    assert types(found) == ["Ready", "WebhookConfigured", "DeliveryReceived"]


def test_status_is_that_of_knatives_api(tmp_path: Path) -> None:
    status = resolved(tmp_path, f"{GITHUB}---\n{SECRET}").status

    found = source_status_of(replace(with_conditions(status, FORBIDDEN), webhook_id="42"))

    assert found == {
        "observedGeneration": 1,
        "conditions": [
            {
                "type": "Ready",
                "status": "False",
                "reason": "Forbidden",
                "message": "the token may not",
            },
            {"type": "SinkProvided", "status": "True"},
            {"type": "SecretsProvided", "status": "True"},
            {
                "type": "WebhookConfigured",
                "status": "False",
                "reason": "Forbidden",
                "message": "the token may not",
            },
        ],
        "sinkUri": "http://sink/",
        "ceAttributes": [
            {"type": f"dev.knative.source.github.{each}", "source": "https://github.com/o/r"}
            for each in ("push", "pull_request")
        ],
        "webhookIDKey": "42",
    }


def test_what_is_not_known_is_left_out_of_the_status(tmp_path: Path) -> None:
    refused = resolved(tmp_path, with_spec(GITHUB, "eventTypes: []")).status
    adapted = resolved(tmp_path, annotated(GITHUB, mapping="cloudevents")).status

    assert source_status_of(refused).keys() == {"observedGeneration", "conditions"}
    assert source_status_of(adapted)["ceAttributes"][0] == {"type": "com.github.push"}


@pytest.mark.parametrize("namespaces", [("",), ("a", "b")])
def test_the_namespaces_that_are_watched_are_told_as_knative_does(
    tmp_path: Path, namespaces: tuple[str, ...]
) -> None:
    status = resolved(tmp_path, API_SERVER).status

    found = source_status_of(replace(status, namespaces=namespaces))

    assert "namespaces" not in source_status_of(status)
    assert found["namespaces"] == list(namespaces)


@pytest.mark.parametrize("document", [API_SERVER, PING])
def test_a_source_that_acts_by_itself_has_no_url_and_no_secrets(
    tmp_path: Path, document: str
) -> None:
    found = resolved(tmp_path, document)

    assert (found.status.url, found.secrets, found.sink_uri) == (None, (), "http://sink/")
    assert types(found.status) == ["Ready", "SinkProvided"]
    assert found.status.ready


def test_what_counts_of_a_source_in_a_cluster_stands_in_the_order_in_which_it_is_mended(
    tmp_path: Path,
) -> None:
    status = resolved(tmp_path, API_SERVER).status
    deployed = Condition("Deployed", "Unknown", "NotYetStarted")
    forbidden = Condition("SufficientPermissions", "False", "Forbidden", "list pods")
    found = Condition("ResourcesFound", "True")

    whole = with_conditions(status, deployed, Condition("OnTime", "False"), forbidden, found)

    assert types(whole) == [
        "Ready", "SinkProvided", "ResourcesFound", "SufficientPermissions", "Deployed", "OnTime",
    ]  # fmt: skip
    assert whole.condition("Ready") == replace(forbidden, type="Ready")


def test_a_timer_that_missed_ticks_is_ready(tmp_path: Path) -> None:
    status = resolved(tmp_path, PING).status

    found = with_conditions(status, Condition("OnTime", "False", "TicksMissed"))

    assert found.ready

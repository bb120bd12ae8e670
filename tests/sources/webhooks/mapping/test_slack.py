"""Slack's events, its challenge, slash commands and interactions."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from poplin.resources.source_models import EventFields, Taken
from sources.webhooks.values import Handled, RefusedError, Request
from tests.sources.webhooks.mapping.deliveries import PATH_URI, delivery, event_of, webhook_mapper

FORM = "application/x-www-form-urlencoded"

MESSAGE: dict[str, Any] = {
    "token": "XXYYZZ",
    "team_id": "T123ABC456",
    "api_app_id": "A123ABC456",
    "event": {
        "type": "message",
        "channel": "C123ABC456",
        "user": "U123ABC456",
        "text": "Grüße \U0001f44b",
        "ts": "1355517523.000005",
    },
    "type": "event_callback",
    "event_id": "Ev123ABC456",
    "event_time": 1355517523,
}

COMMAND = {
    "token": "gIkuvaNzQIHg97ATvDxqgjtO",
    "team_id": "T0001",
    "channel_id": "C2147483705",
    "user_id": "U2147483697",
    "command": "/weather",
    "text": "94070 & more",
    "response_url": "https://hooks.slack.com/commands/1234/5678",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
    "api_app_id": "A123456",
}

ACTIONS = {
    "type": "block_actions",
    "team": {"id": "T9TK3CUKW", "domain": "example"},
    "user": {"id": "UA8RXUSPL", "name": "jtorrance"},
    "api_app_id": "AABA1ABCD",
    "trigger_id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
    "actions": [{"action_id": "approve", "block_id": "=qXel", "action_ts": "1548426417.840180"}],
}


def form(fields: object) -> Request:
    assert isinstance(fields, dict)
    return delivery(urlencode(fields).encode(), content_type=FORM)


def test_an_event() -> None:
    request = delivery(MESSAGE, {"x-slack-retry-num": "1"})

    assert event_of(webhook_mapper("slack"), request) == {
        "id": "Ev123ABC456",
        "type": "com.slack.message",
        "source": PATH_URI,
        "subject": "C123ABC456",
        "time": "2012-12-14T20:38:43Z",
        "slackteam": "T123ABC456",
        "slackapp": "A123ABC456",
        "datacontenttype": "application/json",
    }


@pytest.mark.parametrize(
    ("inner", "kind", "subject"),
    [
        (
            {"type": "channel_created", "channel": {"id": "C1", "name": "fun"}},
            "channel_created",
            "C1",
        ),
        (
            {"type": "reaction_added", "user": "U1", "item": {"type": "message", "channel": "C2"}},
            "reaction_added",
            "C2",
        ),
        ({"type": "team_join", "user": {"id": "U2"}}, "team_join", "U2"),
        ({"type": "tokens_revoked", "tokens": {"bot": ["U3"]}}, "tokens_revoked", None),
    ],
)
def test_an_event_is_about_its_channel_else_its_user(
    inner: object, kind: str, subject: str | None
) -> None:
    found = event_of(webhook_mapper("slack"), delivery({**MESSAGE, "event": inner}))

    assert found["type"] == f"com.slack.{kind}"
    assert found.get("subject") == subject


def test_an_envelope_without_an_event_has_the_type_of_the_envelope() -> None:
    body = {"type": "app_rate_limited", "team_id": "T1", "minute_rate_limited": 1518467820}

    assert event_of(webhook_mapper("slack"), delivery(body))["type"] == "com.slack.app_rate_limited"


def test_the_challenge_is_answered() -> None:
    challenge = "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    body = {"token": "Jhj5d", "challenge": challenge, "type": "url_verification"}

    assert webhook_mapper("slack").event(delivery(body)) == Handled(
        challenge, "text/plain", "URL verification of Slack"
    )


@pytest.mark.parametrize("challenge", [None, "", 7, {}, "\ud800", "a\nb", "x" * 1025])
def test_a_challenge_that_cannot_be_answered_is_refused(challenge: object) -> None:
    body = {"challenge": challenge, "type": "url_verification"}

    with pytest.raises(RefusedError, match="no challenge") as refused:
        webhook_mapper("slack").event(delivery(body))

    assert refused.value.status == 400


def test_a_slash_command() -> None:
    assert event_of(webhook_mapper("slack"), form(COMMAND)) == {
        "id": "13345224609.738474920.8088930838d88f008e0",
        "type": "com.slack.command",
        "source": PATH_URI,
        "subject": "/weather",
        "slackteam": "T0001",
        "slackapp": "A123456",
        "datacontenttype": FORM,
    }


def test_an_interaction() -> None:
    assert event_of(webhook_mapper("slack"), form({"payload": json.dumps(ACTIONS)})) == {
        "id": "12321423423.333649436676.d8c1bb837935619ccad0f624c448ffb3",
        "type": "com.slack.interaction.block_actions",
        "source": PATH_URI,
        "subject": "approve",
        "slackteam": "T9TK3CUKW",
        "slackapp": "AABA1ABCD",
        "datacontenttype": FORM,
    }


def test_an_interaction_without_a_type() -> None:
    found = event_of(webhook_mapper("slack"), form({"payload": "{}"}))

    assert found["type"] == "com.slack.interaction"


def test_pointers_of_the_document_point_into_the_fields_of_a_form_and_into_its_json() -> None:
    fields = EventFields(
        extensions=(("text", Taken(pointer="/text")), ("userid", Taken(pointer="/user/id")))
    )
    mapper = webhook_mapper("slack", fields)

    assert event_of(mapper, form(COMMAND))["text"] == "94070 & more"
    assert event_of(mapper, form({"payload": json.dumps(ACTIONS)}))["userid"] == "UA8RXUSPL"


def test_the_check_of_the_certificate_is_answered() -> None:
    handled = webhook_mapper("slack").event(form({"ssl_check": "1", "token": "x"}))

    assert handled == Handled(note="SSL check of Slack")


@pytest.mark.parametrize(
    "body",
    [b"command=%ff", b"\xff", b"payload=no", b"payload=%5B%5D", b"payload=", b"a=1&" * 1001],
)
def test_a_form_that_is_none_is_refused(body: bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        webhook_mapper("slack").event(delivery(body, content_type=f"{FORM}; charset=utf-8"))

    assert (refused.value.status, refused.value.reason) == (400, "invalid")

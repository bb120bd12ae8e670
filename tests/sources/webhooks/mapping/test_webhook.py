"""What a WebhookSource's document says goes before its preset."""

import json
from urllib.parse import urlencode

import pytest

from poplin.event import AttributeValue, Event
from poplin.resources.parts import Destination
from poplin.resources.source_models import BitbucketSpec, EventFields, Source, Taken
from sources.webhooks.mapping.webhook import WebhookMapper
from sources.webhooks.values import Handled, RefusedError
from tests.sources.webhooks.mapping.deliveries import PATH_URI, delivery, event_of, webhook_mapper

BODY = {"kind": "created", "id": 42, "at": 1686089970, "on": "2023-06-06", "big": 2**40, "ok": True}


def attributes(fields: EventFields) -> dict[str, AttributeValue]:
    return event_of(webhook_mapper("none", fields), delivery(BODY, {"x-event": "push"}))


def test_every_attribute_is_taken_from_where_the_document_says() -> None:
    fields = EventFields(
        type=Taken(pointer="/kind", prefix="com.example."),
        source=Taken(value="https://example.com/shop"),
        subject=Taken(pointer="/id"),
        id=Taken(header="x-event"),
        time=Taken(pointer="/at"),
        extensions=(
            ("number", Taken(pointer="/id")),
            ("big", Taken(pointer="/big")),
            ("ok", Taken(pointer="/ok")),
            ("absent", Taken(pointer="/absent")),
            ("absence", Taken(pointer="/absent", default="none")),
        ),
    )

    assert attributes(fields) == {
        "id": "push",
        "type": "com.example.created",
        "source": "https://example.com/shop",
        "subject": "42",
        "time": "2023-06-06T22:19:30Z",
        "number": 42,
        "big": "1099511627776",
        "ok": True,
        "absence": "none",
        "datacontenttype": "application/json",
    }


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        (EventFields(type=Taken(pointer="/x", default="t")), "type", "t"),
        (EventFields(type=Taken(pointer="/x", prefix="p.")), "type", "dev.poplin.webhook"),
        (EventFields(source=Taken(header="x-event", prefix="not a URI ")), "source", PATH_URI),
        (
            EventFields(source=Taken(header="x-event", prefix="a b", default="/d")),
            "source",
            "/d",
        ),
        (EventFields(time=Taken(pointer="/on")), "time", None),
        (EventFields(time=Taken(value="1686089970.5")), "time", "2023-06-06T22:19:30.500000Z"),
        (EventFields(time=Taken(value="999999999999")), "time", None),
        (EventFields(time=Taken(value="\u0661\u0662")), "time", None),
        (EventFields(subject=Taken(pointer="/x")), "subject", None),
        (EventFields(extensions=(("dataschema", Taken(pointer="/kind")),)), "dataschema", None),
        (
            EventFields(extensions=(("dataschema", Taken(value="urn:a:b")),)),
            "dataschema",
            "urn:a:b",
        ),
    ],
)
def test_where_nothing_legal_is_found_the_default_stands_then_the_preset(
    fields: EventFields, name: str, expected: object
) -> None:
    assert attributes(fields).get(name) == expected


def test_an_attribute_of_the_preset_stays_where_the_document_finds_nothing() -> None:
    fields = EventFields(
        type=Taken(pointer="/absent"),
        subject=Taken(pointer="/type"),
        extensions=(("stripelivemode", Taken(pointer="/absent")),),
    )
    body = {
        "id": "evt_1",
        "type": "charge.refunded",
        "livemode": True,
        "data": {"object": {"id": "re_1"}},
    }

    found = event_of(webhook_mapper("stripe", fields), delivery(body))

    assert found["type"] == "com.stripe.charge.refunded"
    assert found["subject"] == "charge.refunded"
    assert found["stripelivemode"] is True


def test_a_pointer_asks_that_a_body_be_the_json_that_it_says_it_is() -> None:
    fields = EventFields(subject=Taken(pointer="/id", default="none"))

    with pytest.raises(RefusedError, match="the body is not JSON"):
        webhook_mapper("hmac", fields).event(delivery(b"{"))


def test_a_forge_has_its_own_mapping_under_what_the_document_says() -> None:
    fields = EventFields(
        source=Taken(pointer="/project/web_url"), extensions=(("team", Taken(value="fruit")),)
    )
    body = {"project": {"web_url": "https://gitlab.com/fruit/orchard"}, "checkout_sha": "da1560"}
    request = delivery(body, {"x-gitlab-event": "Push Hook", "idempotency-key": "k"})

    knative = event_of(webhook_mapper("gitlab", fields), request)
    adapted = event_of(webhook_mapper("gitlab", mapping="cloudevents"), request)

    assert knative == {
        "id": "k",
        "type": "dev.knative.sources.gitlab.push",
        "source": "https://gitlab.com/fruit/orchard",
        "team": "fruit",
        "comgitlabevent": "Push Hook",
        "datacontenttype": "application/json",
    }
    assert adapted["type"] == "com.gitlab.push"
    assert adapted["source"] == "https://gitlab.com/fruit/orchard"


def test_pointers_point_into_the_json_of_a_form_encoded_hook_of_github() -> None:
    body = {"action": "opened", "issue": {"number": 7, "title": "a+b & c"}}
    request = delivery(
        urlencode({"payload": json.dumps(body)}).encode(),
        {"x-github-event": "issues", "x-github-delivery": "d-1"},
        content_type="application/x-www-form-urlencoded",
    )
    fields = EventFields(extensions=(("title", Taken(pointer="/issue/title")),))

    event = webhook_mapper("github", fields).event(request)

    assert isinstance(event, Event)
    assert event.attributes["type"] == "dev.knative.source.github.issues"
    assert event.attributes["title"] == "a+b & c"
    assert json.loads(event.data) == body


def test_without_the_document_a_forge_has_the_path_of_the_source_where_its_payload_names_none() -> (
    None
):
    request = delivery({}, {"x-event-key": "repo:push"})

    assert event_of(webhook_mapper("bitbucket"), request)["source"] == PATH_URI


def test_a_ping_of_a_forge_is_handled_unless_it_is_to_be_forwarded() -> None:
    ping = delivery({"test": True}, {"x-event-key": "diagnostics:ping"})
    fields = EventFields(subject=Taken(pointer="/test", prefix="test-"))

    assert isinstance(webhook_mapper("bitbucket", fields).event(ping), Handled)
    forwarded = event_of(webhook_mapper("bitbucket", fields, forwards_ping=True), ping)
    assert forwarded["subject"] == "test-true"


def test_a_source_of_another_kind_has_another_mapper() -> None:
    spec = BitbucketSpec(owner_and_repository="fruit/orchard")
    sink = Destination(uri="http://127.0.0.1/")
    source = Source(kind="BitbucketSource", namespace="a", name="b", sink=sink, spec=spec)

    with pytest.raises(TypeError, match="BitbucketSource/a/b is no WebhookSource"):
        WebhookMapper(source)

"""What each preset takes its events from, with payloads as the providers document them."""

from hashlib import sha256
from typing import Any

import pytest

from poplin.resources.source_models import Preset
from sources.webhooks.values import RefusedError
from tests.sources.webhooks.mapping.deliveries import PATH_URI, delivery, event_of, webhook_mapper

STRIPE: dict[str, Any] = {
    "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    "object": "event",
    "api_version": "2019-02-19",
    "created": 1686089970,
    "data": {"object": {"id": "seti_1NG8Du2eZvKYlo2C9XMqbR0x", "object": "setup_intent"}},
    "livemode": False,
    "pending_webhooks": 0,
    "request": {"id": None, "idempotency_key": None},
    "type": "setup_intent.created",
}

SHOPIFY_HEADERS = {
    "x-shopify-topic": "orders/create",
    "x-shopify-hmac-sha256": "XWmrwMey6OsLMeiZKwP4FppHH3cmAiiJJAweH5Jo4bM=",
    "x-shopify-shop-domain": "fruit.myshopify.com",
    "x-shopify-api-version": "2026-04",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "x-shopify-triggered-at": "2023-03-29T18:00:27.877041743Z",
    "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
}
SHOPIFY = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "email": "jon@example.com",
}


def test_standard_webhooks() -> None:
    body = {
        "type": "invoice.paid",
        "timestamp": "2022-11-03T20:26:10.344522Z",
        "data": {"id": "inv_1", "amount": 7},
    }
    headers = {"webhook-id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W", "webhook-timestamp": "1674087231"}

    assert event_of(webhook_mapper("standard-webhooks"), delivery(body, headers)) == {
        "id": "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W",
        "type": "invoice.paid",
        "source": PATH_URI,
        "subject": "inv_1",
        "time": "2022-11-03T20:26:10.344522Z",
        "datacontenttype": "application/json",
    }


def test_standard_webhooks_without_a_body_of_that_form() -> None:
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1674087231"}

    found = event_of(
        webhook_mapper("standard-webhooks"), delivery(b"plain", headers, content_type="text/plain")
    )

    assert found == {
        "id": "msg_1",
        "type": "dev.poplin.webhook",
        "source": PATH_URI,
        "time": "2023-01-19T00:13:51Z",
        "datacontenttype": "text/plain",
    }


def test_stripe() -> None:
    request = delivery(STRIPE, {"stripe-signature": "t=1,v1=0"}, content_type="application/json")

    assert event_of(webhook_mapper("stripe"), request) == {
        "id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
        "type": "com.stripe.setup_intent.created",
        "source": PATH_URI,
        "subject": "seti_1NG8Du2eZvKYlo2C9XMqbR0x",
        "time": "2023-06-06T22:19:30Z",
        "stripelivemode": False,
        "datacontenttype": "application/json",
    }


def test_a_thin_event_of_stripe_for_a_connected_account() -> None:
    body = {
        "id": "evt_test_65",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error_report_triggered",
        "created": "2024-09-17T06:20:52.246Z",
        "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/1"},
        "account": "acct_1",
        "livemode": True,
    }

    assert event_of(webhook_mapper("stripe"), delivery(body)) == {
        "id": "evt_test_65",
        "type": "com.stripe.v1.billing.meter.error_report_triggered",
        "source": PATH_URI,
        "subject": "mtr_1",
        "time": "2024-09-17T06:20:52.246Z",
        "stripeaccount": "acct_1",
        "stripelivemode": True,
        "datacontenttype": "application/json",
    }


def test_shopify() -> None:
    assert event_of(webhook_mapper("shopify"), delivery(SHOPIFY, SHOPIFY_HEADERS)) == {
        "id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
        "type": "com.shopify.orders/create",
        "source": "https://fruit.myshopify.com",
        "subject": "gid://shopify/Order/820982911946154508",
        "time": "2023-03-29T18:00:27.877041743Z",
        "shopifyeventid": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        "shopifyapiversion": "2026-04",
        "datacontenttype": "application/json",
    }


def test_shopify_in_xml_with_a_domain_that_is_none() -> None:
    headers = {**SHOPIFY_HEADERS, "x-shopify-shop-domain": "not a domain"}

    found = event_of(
        webhook_mapper("shopify"), delivery(b"<order/>", headers, content_type="application/xml")
    )

    assert found["source"] == PATH_URI
    assert "subject" not in found


@pytest.mark.parametrize("preset", ["hmac", "bearer", "basic", "none"])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"state=open&n=7", "application/x-www-form-urlencoded"),
        (b"plain text", "text/plain"),
        (b"{", "application/json"),
        (b"", None),
    ],
)
def test_the_others_know_nothing_of_a_body_and_emit_it_unread(
    preset: Preset, body: bytes, content_type: str | None
) -> None:
    request = delivery(body, content_type=content_type)

    assert event_of(webhook_mapper(preset), request) == {
        "id": sha256(body).hexdigest(),
        "type": "dev.poplin.webhook",
        "source": PATH_URI,
        **({} if content_type is None else {"datacontenttype": content_type}),
    }


@pytest.mark.parametrize("preset", ["standard-webhooks", "stripe", "slack", "shopify"])
def test_a_preset_that_reads_the_body_refuses_one_that_only_says_it_is_json(preset: Preset) -> None:
    with pytest.raises(RefusedError, match="the body is not JSON") as refused:
        webhook_mapper(preset).event(delivery(b"a=1"))

    assert (refused.value.status, refused.value.reason) == (400, "invalid")

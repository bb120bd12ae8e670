"""Requests as providers send them, and what the mappers are made from."""

import json
from collections.abc import Mapping

from poplin.codec import decode_all, encode_binary
from poplin.codec.binary import canonical
from poplin.event import AttributeValue, Event
from poplin.resources.parts import Destination
from poplin.resources.source_models import EventFields, MappingName, Preset, Source, WebhookSpec
from sources.webhooks.mapping.webhook import WebhookMapper
from sources.webhooks.values import Mapper, Request
from tests.codec.helpers import pairs

__all__ = ["NOW_S", "PATH_URI", "delivery", "emitted", "event_of", "webhook_mapper"]

NOW_S = 1795279662.25
PATH_URI = "/apis/sources.poplin.dev/v1alpha1/namespaces/shop/webhooksources/payments"


def delivery(
    body: object,
    headers: Mapping[str, str] | None = None,
    *,
    content_type: str | None = "application/json",
) -> Request:
    """Of these bytes, or of this as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    given = {} if content_type is None else {"content-type": content_type}
    return Request({**given, **(headers or {})}, data, NOW_S)


def webhook_mapper(
    preset: Preset,
    event: EventFields | None = None,
    *,
    mapping: MappingName = "knative",
    forwards_ping: bool = False,
) -> WebhookMapper:
    spec = WebhookSpec(
        preset=preset,
        event=event or EventFields(),
        mapping=mapping,
        forwards_ping=forwards_ping,
    )
    sink = Destination(uri="http://127.0.0.1:8080/shop/default")
    return WebhookMapper(
        Source(kind="WebhookSource", namespace="shop", name="payments", sink=sink, spec=spec)
    )


def event_of(mapper: Mapper, request: Request) -> dict[str, AttributeValue]:
    """The attributes of the event, which is one that a broker takes, with the body as its data."""
    event = mapper.event(request)
    assert isinstance(event, Event)
    assert event.data == request.body
    assert emitted(event) == {name: canonical(each) for name, each in event.attributes.items()}
    assert event.attributes["specversion"] == "1.0"
    return {name: each for name, each in event.attributes.items() if name != "specversion"}


def emitted(event: Event) -> dict[str, AttributeValue]:
    """What a broker reads from the event in binary mode; it raises where it would refuse it."""
    lines, body = encode_binary(event)
    (decoded,) = decode_all(pairs(lines), body)
    assert decoded.data == event.data
    return dict(decoded.attributes)

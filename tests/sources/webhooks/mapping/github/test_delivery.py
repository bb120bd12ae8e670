"""Headers, forms and pings."""

from typing import Any
from urllib.parse import quote_from_bytes

import pytest

from poplin.event import Event
from poplin.resources.source_models import MappingName
from sources.webhooks.mapping.github import GitHubMapper
from sources.webhooks.mapping.github.form import decoded
from sources.webhooks.values import Handled, RefusedError, Request
from tests.sources.webhooks.mapping.github.deliveries import (
    GUID,
    MAPPINGS,
    NOW_S,
    SOURCE,
    delivered,
    mapped,
)

FORM = "application/x-www-form-urlencoded"


def refused(request: Request, mapping: MappingName = "knative") -> str:
    """What it says to the one who sent it."""
    with pytest.raises(RefusedError) as it:
        GitHubMapper(SOURCE, mapping=mapping).event(request)
    assert (it.value.status, it.value.reason) == (400, "invalid")
    return str(it.value)


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("header", ["x-github-event", "x-github-delivery", "content-type"])
def test_a_delivery_without_a_header_that_github_sends_is_refused(
    mapping: MappingName, header: str
) -> None:
    whole = delivered("push", {})
    headers = {name: text for name, text in whole.headers.items() if name != header}

    refused(Request(headers, whole.body, NOW_S), mapping)


@pytest.mark.parametrize(
    "text", ["", " ", "two words", "a\tb", "push,", "é", "x" * 101, "a/b", "\0"]
)
def test_an_odd_name_of_an_event_is_refused_and_not_repeated(text: str) -> None:
    message = refused(delivered("push", {}, x_github_event=text))

    assert message.startswith("header X-GitHub-Event is ")
    assert not text.strip() or text not in message.removeprefix("header X-GitHub-Event is ")


@pytest.mark.parametrize("text", ["", " ", "one, two", "é", "x" * 201, "a\x7f", "\0"])
def test_an_odd_id_is_refused(text: str) -> None:
    assert refused(delivered("push", {}, x_github_delivery=text)).startswith(
        "header X-GitHub-Delivery is "
    )


@pytest.mark.parametrize(
    "text", ["text/plain", "application/jsonp", "", "json", "multipart/form-data"]
)
def test_what_is_neither_json_nor_a_form_is_refused(text: str) -> None:
    assert "content type" in refused(delivered("push", {}, content_type=text))


@pytest.mark.parametrize(
    "text", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x"]
)
def test_json_with_parameters_is_json(text: str) -> None:
    event = mapped("knative", delivered("push", {}, content_type=text))

    assert event.attributes["datacontenttype"] == "application/json"


@pytest.mark.parametrize("body", [b"", b"[]", b'"push"', b"{", b"payload={}", b"\xff"])
@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_body_that_is_no_json_object_is_refused(mapping: MappingName, body: bytes) -> None:
    refused(delivered("push", body), mapping)


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b"payload=%7B%7D", b"{}"),
        (b"payload={}", b"{}"),
        (b"payload=%7B+%22a%22%3A%22%2B%22%7d", b'{ "a":"+"}'),
        (b"payload=%7B%22a%22%3A%22%C3%A9%25%3D%26%22%7D", '{"a":"é%=&"}'.encode()),
        (b'payload={"a":"\\n = \\\\\xc3\xa9"}\n', b'{"a":"\\n = \\\\\xc3\xa9"}\n'),
        (b"other=1&payload=%7B%7D&", b"{}"),
    ],
)
def test_the_data_of_a_form_is_its_payload(body: bytes, data: bytes) -> None:
    event = mapped("knative", delivered("push", body, content_type=f"{FORM}; charset=utf-8"))

    assert event.data == data
    assert event.attributes["datacontenttype"] == "application/json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"payload",
        b"payload=",
        b"payload=%7B",
        b"payload=%5B%5D",
        b"payload=%7B%22a%22%3A%22%E9%22%7D",
        b"payload=%7B%7D&payload=%7B%7D",
        b"payload=%7B%7D%",
        b"payload=%7B%7D%2",
        b'payload={"a":"50% = half"}',
        b'payload={"a":"\\%41"}',
        b"Payload=%7B%7D",
        b"xpayload=%7B%7D",
    ],
)
def test_a_form_without_one_payload_is_refused(body: bytes) -> None:
    refused(delivered("push", body, content_type=FORM))


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize(
    ("payload", "note"),
    [
        ({"zen": "Keep it logically awesome.", "hook_id": 42}, "ping of hook 42"),
        ({"hook_id": "42<script>"}, "ping"),
        ({"hook_id": True}, "ping"),
        ({}, "ping"),
    ],
)
def test_a_ping_is_handled(mapping: MappingName, payload: dict[str, Any], note: str) -> None:
    handled = GitHubMapper(SOURCE, mapping=mapping).event(delivered("ping", payload))

    assert handled == Handled(text="pong", note=note)


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_ping_is_an_event_when_it_is_to_be_forwarded(mapping: MappingName) -> None:
    event = mapped(mapping, delivered("ping", {"hook_id": 42}))

    assert str(event.attributes["type"]).endswith("github.ping")


def test_a_ping_with_a_body_that_is_no_json_is_refused() -> None:
    refused(delivered("ping", b"pong"))


@pytest.mark.parametrize("mapping", MAPPINGS)
def test_a_redelivery_has_the_same_source_and_id(mapping: MappingName) -> None:
    first = delivered("push", {"repository": {"url": "https://api.github.com/repos/o/r"}})
    again = Request(first.headers, first.body, NOW_S + 3600)

    events = [GitHubMapper(SOURCE, mapping=mapping).event(each) for each in (first, again)]

    keys = [
        (event.attributes["source"], event.attributes["id"])
        for event in events
        if isinstance(event, Event)
    ]
    assert keys == [(keys[0][0], GUID)] * 2


def test_every_byte_comes_out_of_a_form_as_it_went_in() -> None:
    every = bytes(range(256))

    assert decoded(quote_from_bytes(every).encode()) == every
    assert decoded(every.replace(b"%", b"%25").replace(b"+", b"%2B")) == every

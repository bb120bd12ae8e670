"""Bitbucket Cloud and Data Center, with payloads as their documentation shows them."""

from typing import Any

import pytest

from sources.webhooks.mapping.bitbucket import BitbucketMapper
from sources.webhooks.values import Handled, RefusedError
from tests.sources.webhooks.mapping.deliveries import delivery, event_of

SOURCE_URI = "https://bitbucket.org/fruit/orchard"
API = "https://api.bitbucket.org/2.0/repositories/fruit/orchard"
UUID = "5c5e7a6d-3f7a-4d8e-8f16-8a7c5e4f8b0a"


def linked(href: str, **more: object) -> dict[str, Any]:
    return {"links": {"self": {"href": href}}, **more}


CLOUD = {
    "actor": linked("https://api.bitbucket.org/2.0/users/emma", display_name="Emma"),
    "repository": linked(API, full_name="fruit/orchard"),
    "pullrequest": linked(f"{API}/pullrequests/1", id=1),
    "issue": linked(f"{API}/issues/1", id=1),
    "comment": linked(f"{API}/comments/17", id=17),
    "commit_status": linked(f"{API}/commit/9fec847/statuses/build/mybuild", state="SUCCESSFUL"),
}

SELF = [{"href": "https://git.example.com/projects/FRUIT/repos/orchard/browse"}]
PULL = [{"href": "https://git.example.com/projects/FRUIT/repos/orchard/pull-requests/11"}]


def mapper(*, forwards_ping: bool = False) -> BitbucketMapper:
    return BitbucketMapper(SOURCE_URI, forwards_ping=forwards_ping)


@pytest.mark.parametrize(
    ("key", "source"),
    [
        ("repo:push", API),
        ("repo:fork", API),
        ("repo:updated", API),
        ("repo:commit_comment_created", f"{API}/comments/17"),
        ("repo:commit_status_created", f"{API}/commit/9fec847/statuses/build/mybuild"),
        ("repo:commit_status_updated", f"{API}/commit/9fec847/statuses/build/mybuild"),
        ("issue:created", f"{API}/issues/1"),
        ("issue:updated", f"{API}/issues/1"),
        ("issue:comment_created", f"{API}/comments/17"),
        ("pullrequest:created", f"{API}/pullrequests/1"),
        ("pullrequest:fulfilled", f"{API}/pullrequests/1"),
        ("pullrequest:comment_created", f"{API}/comments/17"),
        ("pullrequest:changes_request_created", f"{API}/pullrequests/1"),
        ("project:some_future_event", API),
    ],
)
def test_an_event_of_cloud_has_what_it_is_about_as_its_source(key: str, source: str) -> None:
    headers = {"x-event-key": key, "x-request-uuid": UUID, "x-attempt-number": "2"}

    assert event_of(mapper(), delivery(CLOUD, headers)) == {
        "id": UUID,
        "source": source,
        "type": f"dev.knative.source.bitbucket.{key}",
        "eventkey": key,
        "requestuuid": UUID,
        "datacontenttype": "application/json",
    }


def test_what_an_event_of_cloud_is_about_may_have_no_link() -> None:
    request = delivery({**CLOUD, "comment": {"id": 17}}, {"x-event-key": "issue:comment_created"})

    assert event_of(mapper(), request)["source"] == API


@pytest.mark.parametrize(
    ("key", "payload", "source"),
    [
        ("repo:refs_changed", {"repository": {"links": {"self": SELF}}}, SELF[0]["href"]),
        ("repo:refs_changed", {"repository": {"slug": "orchard"}}, SOURCE_URI),
        ("pr:opened", {"pullRequest": {"links": {"self": PULL}}}, PULL[0]["href"]),
        ("pr:opened", {"pullRequest": {"links": {"self": [None]}}}, SOURCE_URI),
        (
            "pr:comment:added",
            {
                "comment": {"id": 62},
                "pullRequest": {"toRef": {"repository": {"links": {"self": SELF}}}},
            },
            SELF[0]["href"],
        ),
    ],
)
def test_an_event_of_data_center_has_a_source_where_its_payload_links(
    key: str, payload: dict[str, object], source: str
) -> None:
    body = {"eventKey": key, "date": "2017-09-19T09:45:32+1000", **payload}
    headers = {"x-event-key": key, "x-request-id": UUID}

    assert event_of(
        mapper(), delivery(body, headers, content_type="application/json; charset=utf-8")
    ) == {
        "id": UUID,
        "source": source,
        "type": f"dev.knative.source.bitbucket.{key}",
        "time": "2017-09-19T09:45:32+10:00",
        "eventkey": key,
        "requestuuid": UUID,
        "datacontenttype": "application/json; charset=utf-8",
    }


def test_the_request_uuid_of_cloud_goes_before_the_request_id_of_a_proxy() -> None:
    headers = {"x-event-key": "repo:push", "x-request-uuid": UUID, "x-request-id": "proxy"}

    assert event_of(mapper(), delivery(CLOUD, headers))["id"] == UUID


def test_without_a_request_id_the_key_and_the_body_make_one() -> None:
    pushed = event_of(mapper(), delivery(CLOUD, {"x-event-key": "repo:push"}))
    again = event_of(mapper(), delivery(CLOUD, {"x-event-key": "repo:push"}))
    other = event_of(mapper(), delivery(CLOUD, {"x-event-key": "repo:fork"}))

    assert pushed["id"] == again["id"] != other["id"]
    assert "requestuuid" not in pushed


def test_a_ping_is_handled_unless_it_is_to_be_forwarded() -> None:
    ping = delivery({"test": True}, {"x-event-key": "diagnostics:ping", "x-request-id": UUID})

    assert mapper().event(ping) == Handled(note="ping of Bitbucket")
    forwarded = event_of(mapper(forwards_ping=True), ping)
    assert forwarded["type"] == "dev.knative.source.bitbucket.diagnostics:ping"
    assert forwarded["source"] == SOURCE_URI


@pytest.mark.parametrize(
    ("headers", "body", "words"),
    [
        ({}, b"{}", "X-Event-Key is missing"),
        ({"x-event-key": "repo:push"}, b"a=1", "the body is not JSON"),
        ({"x-event-key": "repo:push"}, b"[]", "not an object"),
    ],
)
def test_what_is_no_webhook_of_bitbucket_is_refused(
    headers: dict[str, str], body: bytes, words: str
) -> None:
    with pytest.raises(RefusedError, match=words) as refused:
        mapper().event(delivery(body, headers))

    assert (refused.value.status, refused.value.reason) == (400, "invalid")

"""Whatever comes, it is an event that a broker takes, handled, or refused with 400."""

import json
from collections.abc import Mapping

from hypothesis import example, given
from hypothesis import strategies as st

from poplin.codec.binary import canonical
from poplin.event import Event
from poplin.resources.source_models import EventFields, Taken
from sources.webhooks.mapping.bitbucket import BitbucketMapper
from sources.webhooks.mapping.gitlab import GitLabMapper
from sources.webhooks.values import Handled, Mapper, RefusedError, Request
from tests.sources.webhooks.mapping.deliveries import NOW_S, emitted, webhook_mapper

_OWN = EventFields(
    type=Taken(pointer="/type", prefix="p."),
    source=Taken(header="x-any"),
    subject=Taken(header="x-any"),
    id=Taken(pointer="/id"),
    time=Taken(pointer="/time"),
    extensions=(
        ("dataschema", Taken(header="x-any")),
        ("anext", Taken(pointer="/id")),
        ("other", Taken(header="x-any", prefix="p", default="d")),
    ),
)

_MAPPERS: Mapping[str, Mapper] = {
    "gitlab": GitLabMapper("/g", mapping="knative"),
    "gitlab cloudevents": GitLabMapper("/g", mapping="cloudevents"),
    "bitbucket": BitbucketMapper("/b", forwards_ping=False),
    "standard-webhooks": webhook_mapper("standard-webhooks"),
    "stripe": webhook_mapper("stripe"),
    "slack": webhook_mapper("slack"),
    "shopify": webhook_mapper("shopify"),
    "none": webhook_mapper("none"),
    "own": webhook_mapper("hmac", _OWN),
    "own gitlab": webhook_mapper("gitlab", _OWN, mapping="cloudevents"),
    "own bitbucket": webhook_mapper("bitbucket", _OWN, forwards_ping=True),
    "own slack": webhook_mapper("slack", _OWN),
}

# A header as a server hands it on: any byte but those that end it.
_header = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=20)
_CONTENT_TYPES = [
    "application/json",
    "application/x-www-form-urlencoded",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "text/plain",
]
_headers = st.dictionaries(
    st.sampled_from(
        [
            "x-gitlab-event",
            "x-event-key",
            "x-request-id",
            "idempotency-key",
            "webhook-id",
            "webhook-timestamp",
            "x-shopify-topic",
            "x-shopify-shop-domain",
            "x-shopify-webhook-id",
            "x-shopify-triggered-at",
            "x-any",
        ]
    ),
    _header,
).flatmap(
    lambda headers: st.one_of(st.none(), st.sampled_from(_CONTENT_TYPES), _header).map(
        lambda given: headers if given is None else {**headers, "content-type": given}
    )
)

_json = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False),
        st.text(),
        st.sampled_from(["url_verification", "MergeRequest", "https://x/y#note_1", "2017-09-19"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "id",
                        "type",
                        "time",
                        "created",
                        "date",
                        "data",
                        "object",
                        "event",
                        "channel",
                    ),
                    *("user", "team_id", "challenge", "object_attributes", "action", "url", "iid"),
                    *("project", "web_url", "noteable_type", "created_at", "links", "self", "href"),
                    *("repository", "pullRequest", "comment", "livemode", "event_id", "event_time"),
                ]
            ),
            inner,
            max_size=5,
        ),
    ),
    max_leaves=12,
)
_bodies = st.one_of(
    _json.map(lambda value: json.dumps(value).encode()),
    _json.map(lambda value: b"payload=" + json.dumps(value).replace("%", "%25").encode()),
    st.binary(max_size=30),
)


@given(st.sampled_from(sorted(_MAPPERS)), _headers, _bodies)
@example("own", {"x-any": "\xa0", "content-type": "\xa0"}, b'{"id": "\\ud800", "type": "\\u0000"}')
@example("own", {"x-any": "\xef\xbf\xbf"}, b'{"id": "' + b"x" * 9000 + b'"}')
@example("own", {}, b'{"id": ' + b"9" * 4000 + b', "time": ' + b"9" * 4000 + b"}")
@example("stripe", {}, b'{"created": 1e999, "id": -1e999, "data": {"object": {"id": [[]]}}}')
@example("slack", {"content-type": "application/x-www-form-urlencoded"}, b"payload=" + b"[" * 90000)
@example("stripe", {"content-type": "application/json"}, b"[" * 90000)
@example("gitlab", {"x-gitlab-event": " Hook"}, b"7")
def test_nothing_else_comes_of_any_webhook(name: str, headers: dict[str, str], body: bytes) -> None:
    request = Request(headers, body, NOW_S)
    made = _outcome(_MAPPERS[name], request)

    assert made == _outcome(_MAPPERS[name], request)
    if isinstance(made, Event):
        shown = {each: canonical(value) for each, value in made.attributes.items()}
        assert emitted(made) == shown
        assert made.data == body
        assert max(map(len, shown.values())) <= 9000
    elif isinstance(made, Handled):
        made.text.encode()
    else:
        assert made == (400, "invalid")


def _outcome(mapper: Mapper, request: Request) -> Event | Handled | tuple[int, str]:
    try:
        return mapper.event(request)
    except RefusedError as refused:
        return refused.status, refused.reason

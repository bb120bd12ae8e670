"""What GitHub sends, and the event that comes of it."""

from typing import Literal
from urllib.parse import quote_from_bytes

import orjson

from poplin.event import AttributeValue, Event
from poplin.resources.source_models import MappingName
from sources.webhooks.mapping.github import GitHubMapper
from sources.webhooks.values import Request

NOW_S = 1_700_000_000.5
NOW = "2023-11-14T22:13:20.500000Z"
GUID = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
SOURCE = "https://github.com/Octocoders"

MAPPINGS: tuple[MappingName, ...] = ("knative", "cloudevents")
_GIVEN = ("specversion", "id", "datacontenttype")


def delivered(
    name: str, payload: object, *, form: Literal["json", "form"] = "json", **headers: str
) -> Request:
    """A delivery with GitHub's headers, and those of `headers` instead, by names with a `_`."""
    body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    content_type = "application/json"
    if form == "form":
        body = b"payload=" + quote_from_bytes(body, safe=" *-._").replace(" ", "+").encode()
        content_type = "application/x-www-form-urlencoded"
    given = {
        "content-type": content_type,
        "x-github-event": name,
        "x-github-delivery": GUID,
        **{header.replace("_", "-"): value for header, value in headers.items()},
    }
    return Request(given, body, NOW_S)


def mapped(mapping: MappingName, request: Request) -> Event:
    """Its event, whatever it is."""
    event = GitHubMapper(SOURCE, mapping=mapping, forwards_ping=True).event(request)
    assert isinstance(event, Event)
    return event


def told(event: Event) -> dict[str, AttributeValue]:
    """What the payload says: without the attributes that every event of ours has alike."""
    assert [event.attributes[name] for name in _GIVEN] == ["1.0", GUID, "application/json"]
    return {name: value for name, value in event.attributes.items() if name not in _GIVEN}

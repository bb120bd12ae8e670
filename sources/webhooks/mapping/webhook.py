"""Webhooks of a WebhookSource: what its preset says, and over it what its document says."""

import re
from collections.abc import Callable, Mapping

from poplin.event import AttributeValue, Event
from poplin.resources.source_models import EventFields, Source, Taken, WebhookSpec
from sources.webhooks.mapping import legal
from sources.webhooks.mapping.base import attribute_value, words
from sources.webhooks.mapping.bitbucket import BitbucketMapper
from sources.webhooks.mapping.github import GitHubMapper
from sources.webhooks.mapping.gitlab import GitLabMapper
from sources.webhooks.mapping.presets import FALLBACK_TYPE, PRESETS, Fields
from sources.webhooks.mapping.slack import read_slack
from sources.webhooks.mapping.take import Facts
from sources.webhooks.mapping.times import time_text
from sources.webhooks.values import Handled, Mapper, Request

__all__ = ["WebhookMapper"]

_SECONDS = re.compile(r"\d{1,12}(?:\.\d{1,20})?\Z", re.ASCII)


def _time(value: object) -> str | None:
    """Headers have seconds since 1970 as text."""
    if isinstance(value, str) and _SECONDS.match(value):
        return time_text(float(value))
    return time_text(value)


_READERS: Mapping[str, Callable[[object], AttributeValue | None]] = {
    "id": legal.id_text,
    "type": words,
    "source": legal.uri_reference,
    "subject": words,
    "time": _time,
    "dataschema": legal.uri,
}
"""Of the attributes that are no extensions, from what was found to what is legal."""


class WebhookMapper:
    """Events of any preset. `spec.event` of the document goes before the preset; where it finds
    nothing, the preset's attribute stays.
    """

    def __init__(self, source: Source) -> None:
        spec = source.spec
        if not isinstance(spec, WebhookSpec):
            raise TypeError(f"{source.key} is no WebhookSource")
        self._source_uri = _uri_of(source)
        self._forge = _forge_of(spec, self._source_uri)
        self._preset = spec.preset
        self._own = _fields_of(spec.event)

    def event(self, request: Request) -> Event | Handled:
        if self._forge is None:
            return self._preset_event(request)
        event = self._forge.event(request)
        if isinstance(event, Handled) or not self._own:
            return event
        # A form-encoded hook of GitHub has its JSON in the event, not in the request.
        content_type = event.attributes.get("datacontenttype")
        facts = Facts(request.headers, event.data, str(content_type) if content_type else None)
        return event.with_attributes(_found(self._own, facts))

    def _preset_event(self, request: Request) -> Event | Handled:
        facts = Facts(request.headers, request.body, request.headers.get("content-type"))
        preset = PRESETS.get(self._preset, {})
        if self._preset == "slack":
            read = read_slack(facts)
            if isinstance(read, Handled):
                return read
            preset, facts = read
        made: dict[str, AttributeValue] = {
            "type": FALLBACK_TYPE,
            "source": self._source_uri,
            **_found(_merged(self._own, preset), facts),
        }
        if "id" not in made:
            made["id"] = legal.digest(request.body)
        return legal.event_of(made, request.body, facts.content_type)


def _uri_of(source: Source) -> str:
    group = "apis/sources.poplin.dev/v1alpha1"
    return f"/{group}/namespaces/{source.namespace}/webhooksources/{source.name}"


def _forge_of(spec: WebhookSpec, source_uri: str) -> Mapper | None:
    if spec.preset == "github":
        return GitHubMapper(source_uri, mapping=spec.mapping, forwards_ping=spec.forwards_ping)
    if spec.preset == "gitlab":
        return GitLabMapper(source_uri, mapping=spec.mapping)
    if spec.preset == "bitbucket":
        return BitbucketMapper(source_uri, forwards_ping=spec.forwards_ping)
    return None


def _fields_of(event: EventFields) -> Fields:
    """What is written down, as the tables of the presets have it."""
    known: dict[str, Taken | None] = {
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "subject": event.subject,
        "time": event.time,
        **dict(event.extensions),
    }
    return {name: (taken,) for name, taken in known.items() if taken is not None}


def _merged(own: Fields, preset: Fields) -> Fields:
    names = [*preset, *(name for name in own if name not in preset)]
    return {name: (*own.get(name, ()), *preset.get(name, ())) for name in names}


def _found(fields: Fields, facts: Facts) -> dict[str, AttributeValue]:
    """The attributes of which something legal was found."""
    found = {}
    for name, places in fields.items():
        read = _READERS.get(name, attribute_value)
        for value in (value for taken in places for value in facts.values(taken)):
            legal_value = read(value)
            if legal_value is not None:
                found[name] = legal_value
                break
    return found

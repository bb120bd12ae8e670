"""A change as a CloudEvent, with the attributes of Knative's ApiServerSource."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from poplin.codec.attributes import is_uri_reference
from poplin.event import Event
from poplin.filters import compile_filters
from poplin.operate.when import when_text
from poplin.resources.source_models import ApiServerSpec
from sources.kubernetes.values import Change, Resource
from sources.text import attribute_text

__all__ = ["Mapper", "wanted_by"]

# By mode.
_TYPES = {
    "Reference": "dev.knative.apiserver.ref",
    "Resource": "dev.knative.apiserver.resource",
}
_EVENT_GROUPS = ("", "events.k8s.io")


def wanted_by(spec: ApiServerSpec) -> Callable[[Event], bool]:
    """By `spec.filters`, which see an event as the mapper made it, without ceOverrides."""
    matches = compile_filters(spec.filters).matches
    return lambda event: matches(event.attributes)


class Mapper:
    """Of the objects of one kind, for one source. `host` is the URL of the API server."""

    def __init__(self, host: str, spec: ApiServerSpec, resource: Resource) -> None:
        self._resource = resource
        self._is_whole = spec.mode == "Resource"
        self._names_events = spec.names_events and self._is_whole and _is_event(resource)
        self._type = _TYPES[spec.mode]
        self._plural = _guessed_plural(resource.kind)
        self._source = host if is_uri_reference(host) else quote(host)

    def event(self, change: Change, now: datetime) -> Event:
        """The same change has the same id, whoever tells it and however often. A delete has one id
        for good, so that one which is seen and one which is found are the same.
        """
        noted = change.noted
        last = "deleted" if change.verb == "delete" else noted.resource_version
        texts = {
            "id": f"{change.uid}/{last}",
            "source": self._source,
            "type": f"{self._type}.{change.verb}",
            "subject": self._subject(noted.namespace, noted.name),
            "time": when_text(round(now.timestamp() * 1_000_000)),
            "kind": self._resource.kind,
            "apiversion": self._resource.api_version,
            "name": noted.name,
            # Knative sends an empty header of an object that is in no namespace. An attribute that
            # is not there says the same, and comes through whatever is on its way.
            "namespace": noted.namespace,
            "synthetic": "true" if change.is_found else "",
            **self._event_texts(change),
        }
        attributes = {name: kept for name, text in texts.items() if (kept := attribute_text(text))}
        return Event(
            {"specversion": "1.0", "datacontenttype": "application/json", **attributes},
            orjson.dumps(self._data(change)),
        )

    def _data(self, change: Change) -> dict[str, Any]:
        """Of an object whose end nobody saw there is only where it was."""
        if self._is_whole and change.object is not None:
            return change.object
        # The fields that Knative fills of Go's ObjectReference, in its order; those that are empty
        # are left out there.
        reference = {
            "kind": self._resource.kind,
            "namespace": change.noted.namespace,
            "name": change.noted.name,
            "apiVersion": self._resource.api_version,
        }
        return {name: value for name, value in reference.items() if value}

    def _subject(self, namespace: str, name: str) -> str:
        """Knative's: `/apis` for the core's kinds, too, and nothing between two slashes for an
        object that is in no namespace.
        """
        return f"/apis/{self._resource.api_version}/namespaces/{namespace}/{self._plural}/{name}"

    def _event_texts(self, change: Change) -> Mapping[str, Any]:
        """An Event's own words. Of each group the object has another name for what it is about."""
        found = change.object
        if not self._names_events or found is None:
            return {}
        about = found.get("regarding" if self._resource.group else "involvedObject") or {}
        return {
            "reason": found.get("reason"),
            "eventtype": found.get("type"),
            "involvedkind": about.get("kind"),
            "involvedname": about.get("name"),
        }


def _is_event(resource: Resource) -> bool:
    return resource.kind == "Event" and resource.group in _EVENT_GROUPS


def _guessed_plural(kind: str) -> str:
    """As Knative guesses it (UnsafeGuessKindToResource of apimachinery), and not as the API server
    has it: a Gateway's is `gatewaies`. A trigger that filters by subject must match here as there;
    whoever needs the truth has kind, apiversion, namespace and name.
    """
    word = kind.lower()
    if word.endswith("endpoints"):
        return word
    if word.endswith("s"):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"

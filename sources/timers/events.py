"""A tick as an event, with Knative's attributes but for the id: the same for whoever fires it."""

from datetime import UTC, datetime

from poplin.event import Event
from poplin.resources.source_models import PingSpec, Source

__all__ = ["ping", "stamp"]

_TYPE = "dev.knative.sources.ping"


def ping(source: Source, spec: PingSpec, tick: datetime) -> Event:
    """Without ceOverrides."""
    attributes = {
        "specversion": "1.0",
        "id": stamp(tick),
        "source": f"/apis/v1/namespaces/{source.namespace}/pingsources/{source.name}",
        "type": _TYPE,
        "time": stamp(tick),
    }
    # Of no data there is no type, and none is guessed.
    if spec.data and spec.content_type:
        attributes["datacontenttype"] = spec.content_type
    return Event(attributes, spec.data)


def stamp(tick: datetime) -> str:
    """RFC 3339, in UTC and whole seconds."""
    return tick.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""What a provider says, as ids, sources and content types that CloudEvents allows."""

from collections.abc import Mapping
from hashlib import sha256

from poplin.codec.attributes import is_media_type, is_uri, is_uri_reference
from poplin.event import AttributeValue, Event
from sources.webhooks.mapping.base import words

__all__ = ["content_type", "digest", "event_of", "id_text", "uri", "uri_reference"]

_EVENTS = "application/cloudevents"


def id_text(value: object) -> str | None:
    """As `words`; where that would be another than the provider's, the digest of the provider's, so
    that two which differ stay two.
    """
    found = words(value)
    if found is None or not isinstance(value, str) or found == value:
        return found
    return digest(value.encode("utf-8", "surrogatepass"))


def digest(data: bytes) -> str:
    """The id of what has none: the same bytes give the same one."""
    return sha256(data).hexdigest()


def uri_reference(value: object) -> str | None:
    found = words(value)
    return found if found is not None and is_uri_reference(found) else None


def uri(value: object) -> str | None:
    found = words(value)
    return found if found is not None and is_uri(found) else None


def content_type(value: str | None) -> str | None:
    """None where it is no media type. That of an event format would tell whoever takes the event
    that its data is the event itself (HTTP binding 3), so it gives way to what it is made of.
    """
    found = (value or "").strip()
    if not is_media_type(found):
        return None
    if not found.lower().startswith(_EVENTS):
        return found
    is_json = found.partition(";")[0].rstrip().lower().endswith("+json")
    return "application/json" if is_json else "application/octet-stream"


def event_of(
    attributes: Mapping[str, AttributeValue | None], body: bytes, sent_type: str | None
) -> Event:
    """Without the attributes that are None; `sent_type` is the Content-Type that came."""
    found = {name: value for name, value in attributes.items() if value is not None}
    made: dict[str, AttributeValue] = {"specversion": "1.0", **found}
    if (known := content_type(sent_type)) is not None:
        made["datacontenttype"] = known
    return Event(made, body)

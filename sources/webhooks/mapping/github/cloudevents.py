"""The attributes of the CloudEvents adapter, and Knative's extensions that all events share."""

from typing import Any

from poplin.codec.attributes import is_uri_reference
from poplin.event import AttributeValue
from sources.webhooks.mapping.base import words
from sources.webhooks.mapping.github.adapter import OTHER, ROWS, Row
from sources.webhooks.mapping.github.delivery import Delivery
from sources.webhooks.mapping.github.fields import common_extensions, extensions, field
from sources.webhooks.mapping.times import time_text

__all__ = ["cloudevents"]

_REF = {"ref": field("ref")}
# When what the row names is not there, or no URI.
_SOURCES = (field("repository.url"), field("organization.url"))


def cloudevents(delivery: Delivery, source: str, received: str) -> dict[str, AttributeValue]:
    """type, source, subject, time and extensions. `source` and `received` are for payloads that
    have none, as the adapter says of the time.
    """
    row, payload = ROWS.get(delivery.name, OTHER), delivery.payload
    subject = words(row.subject(payload))
    return {
        "type": _type(delivery.name, row, payload),
        "source": _source(row, payload) or source,
        **({"subject": subject} if subject else {}),
        "time": _time(row, payload) or received,
        **common_extensions(payload),
        **extensions(_REF, payload),
    }


def _type(name: str, row: Row, payload: Any) -> str:
    kinds = [text for kind in row.kinds if (text := words(kind(payload)))]
    return ".".join(["com.github", name, *kinds]) + row.end


def _source(row: Row, payload: Any) -> str | None:
    for field_ in (row.source, *_SOURCES):
        text = words(field_(payload))
        if text and is_uri_reference(text):
            return text
    return None


def _time(row: Row, payload: Any) -> str | None:
    found = (time_text(field_(payload)) for field_ in row.times)
    return next((text for text in found if text), None)

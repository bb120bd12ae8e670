"""The attributes of the CloudEvents adapter, and Knative's extensions that all events share."""

from typing import Any

from poplin.event import AttributeValue
from sources.webhooks.mapping.base import words
from sources.webhooks.mapping.github.adapter import OTHER, ROWS, Row
from sources.webhooks.mapping.github.delivery import Delivery
from sources.webhooks.mapping.github.fields import COMMON, extensions, field
from sources.webhooks.mapping.legal import uri_reference
from sources.webhooks.mapping.times import time_text

__all__ = ["cloudevents"]

_EXTENSIONS = COMMON | {"ref": field("ref")}
# When what the row names is not there, or no URI.
_SOURCES = (field("repository.url"), field("organization.url"))


def cloudevents(delivery: Delivery, source: str, received: str) -> dict[str, AttributeValue | None]:
    """type, source, subject, time and extensions. `source` and `received` are for payloads that
    have none, as the adapter says of the time.
    """
    row, payload = ROWS.get(delivery.name, OTHER), delivery.payload
    return {
        "type": _type(delivery.name, row, payload),
        "source": _source(row, payload) or source,
        "subject": words(row.subject(payload)),
        "time": _time(row, payload) or received,
        **extensions(_EXTENSIONS, payload),
    }


def _type(name: str, row: Row, payload: Any) -> str:
    kinds = [text for kind in row.kinds if (text := words(kind(payload)))]
    return ".".join(["com.github", name, *kinds]) + row.end


def _source(row: Row, payload: Any) -> str | None:
    found = (uri_reference(each(payload)) for each in (row.source, *_SOURCES))
    return next((text for text in found if text), None)


def _time(row: Row, payload: Any) -> str | None:
    found = (time_text(each(payload)) for each in row.times)
    return next((text for text in found if text), None)

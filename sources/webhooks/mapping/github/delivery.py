"""What GitHub sends: an event's name and id in headers, its payload as JSON or in a form."""

import re
from dataclasses import dataclass
from typing import Any

from sources.webhooks.mapping.github.form import form_field
from sources.webhooks.mapping.payload import json_object
from sources.webhooks.values import RefusedError, Request

__all__ = ["Delivery", "delivery"]

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}\Z")
# A GUID at GitHub. A comma would stand between two headers; one delivery has one id.
_ID = re.compile(r"[!-+\--~]{1,200}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`data` is the JSON of `payload`, byte for byte as GitHub wrote it."""

    name: str
    id: str
    data: bytes
    payload: dict[str, Any]


def delivery(request: Request) -> Delivery:
    """Raises RefusedError."""
    name = _header(request, "X-GitHub-Event", _NAME)
    delivery_id = _header(request, "X-GitHub-Delivery", _ID)
    data = _data(request)
    return Delivery(name=name, id=delivery_id, data=data, payload=json_object(data))


def _header(request: Request, name: str, pattern: re.Pattern[str]) -> str:
    text = request.headers.get(name.lower(), "")
    if pattern.match(text) is None:
        state = "not one that GitHub writes" if text else "missing"
        raise RefusedError(400, "invalid", f"header {name} is {state}")
    return text


def _data(request: Request) -> bytes:
    content_type = request.headers.get("content-type", "")
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            return request.body
        case "application/x-www-form-urlencoded":
            return form_field(request.body, "payload")
    raise RefusedError(
        400,
        "invalid",
        "the content type is neither application/json nor application/x-www-form-urlencoded",
    )

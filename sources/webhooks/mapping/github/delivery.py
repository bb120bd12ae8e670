"""What GitHub sends: an event's name and id in headers, its payload as JSON or in a form."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from sources.webhooks.mapping.payload import json_object
from sources.webhooks.values import RefusedError, Request

__all__ = ["Delivery", "delivery"]

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}\Z")
# A GUID at GitHub. A comma would stand between two headers; one delivery has one id.
_ID = re.compile(r"[!-+\--~]{1,200}\Z")
_FIELD = b"payload="


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
            return _of_form(request.body)
    raise RefusedError(
        400,
        "invalid",
        "the content type is neither application/json nor application/x-www-form-urlencoded",
    )


def _of_form(body: bytes) -> bytes:
    fields = [field for field in body.split(b"&") if field.startswith(_FIELD)]
    if len(fields) != 1:
        raise RefusedError(400, "invalid", "the form has not exactly one field 'payload'")
    return unquote_to_bytes(fields[0][len(_FIELD) :].replace(b"+", b" "))

"""`spec` of a PingSource: when it fires, and what it sends."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from poplin.resources.fields import Checker, Fields
from poplin.resources.source_models import PingSpec
from poplin.resources.source_parts import check_attribute
from poplin.resources.values import Value
from poplin.schedule import parse_schedule, split_zone, zone_of

__all__ = ["read_ping"]

_EVERY_MINUTE = "* * * * *"
_UTC = "UTC"
_JSON = "application/json"
_MOST_BYTES = 1_000_000
"""With its attributes an event of this size passes the ingress, by its default of 1 MiB."""


def read_ping(checker: Checker, fields: Fields, notes: dict[str, Any]) -> PingSpec | None:
    names = ("schedule", "timezone", "contentType", "data", "dataBase64")
    # What is empty counts as missing, as in Knative.
    schedule, timezone, content_type, data, encoded = (
        None if (value := fields.take(name)) is None or value.data == "" else value
        for name in names
    )
    if data and encoded:
        checker.refuse(encoded, "expected at most one of spec.data and spec.dataBase64, got both")
        return None
    when = _when(checker, schedule, timezone)
    kind = _content_type(checker, content_type) if content_type else ""
    sent = _sent(checker, data, str.encode, kind) + _sent(checker, encoded, _decoded, kind)
    return when and PingSpec(
        schedule=when[0],
        timezone=when[1],
        content_type=kind,
        data=sent,
        catch_up=notes.get("catch-up", "none"),
    )


def _when(
    checker: Checker, schedule: Value | None, timezone: Value | None
) -> tuple[str, str] | None:
    """The schedule without `CRON_TZ=`, and the time zone it is in."""
    split = checker.parsed(schedule, split_zone) if schedule else ("", _EVERY_MINUTE)
    if split is None:
        return None
    own, text = split
    if own and timezone:
        checker.refuse(timezone, "the schedule begins with CRON_TZ= or TZ=; keep one of the two")
        return None
    named = replace(schedule, data=own) if schedule and own else timezone
    if named and checker.parsed(named, zone_of) is None:
        return None
    zone = str(named.data) if named else _UTC
    cron = replace(schedule, data=text) if schedule else None
    if cron and checker.parsed(cron, lambda each: parse_schedule(each, zone)) is None:
        return None
    return text, zone


def _content_type(checker: Checker, value: Value) -> str:
    text = checker.text(value) or ""
    if text:
        check_attribute(checker, value, "datacontenttype", text)
    return text


def _sent(
    checker: Checker, value: Value | None, decode: Callable[[str], bytes], content_type: str
) -> bytes:
    """What is wrong with it is said without it: it is a payload."""
    if value is None:
        return b""
    try:
        if not isinstance(value.data, str):
            raise ValueError("is not a string; put it in quotes")
        found = decode(value.data)
        _check(found, content_type)
    except ValueError as error:
        checker.refuse(value, str(error))
        return b""
    return found


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.splitlines()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64 of the standard alphabet, with its padding") from None


def _check(data: bytes, content_type: str) -> None:
    if len(data) > _MOST_BYTES:
        raise ValueError(f"has {len(data)} bytes; at most {_MOST_BYTES} are sent")
    if content_type == _JSON:
        try:
            orjson.loads(data)
        except orjson.JSONDecodeError as error:
            words = f"is not JSON, as contentType {_JSON} says: {error}"
            raise ValueError(words) from None

"""JSON bodies of webhooks, read for their attributes alone: the data stays the bytes that came."""

import json
from typing import Any, NoReturn

import orjson

from sources.webhooks.values import RefusedError

__all__ = ["at", "json_object", "json_value"]


def json_object(body: bytes) -> dict[str, Any]:
    """Raises RefusedError unless the body is a JSON object; one nested too deeply is none."""
    payload = json_value(body)
    if not isinstance(payload, dict):
        raise RefusedError(400, "invalid", "the body is JSON, but not an object")
    return payload


def json_value(body: bytes) -> Any:
    """Of any kind. Raises RefusedError unless the body is JSON, and not nested too deeply."""
    try:
        return _parsed(body)
    except (ValueError, RecursionError):
        raise RefusedError(400, "invalid", "the body is not JSON") from None


def at(payload: Any, *path: str | int) -> Any:
    """What is there, by names of objects and indexes of arrays; None where the path ends early."""
    for step in path:
        if isinstance(step, str):
            payload = payload.get(step) if isinstance(payload, dict) else None
        elif isinstance(payload, list) and 0 <= step < len(payload):
            payload = payload[step]
        else:
            return None
    return payload


def _parsed(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        # Half a surrogate pair, escaped, and numbers beyond a double are JSON, though not to
        # orjson: a title cut in the middle of an emoji must not cost the event.
        return json.loads(body.decode(), parse_constant=_no_constant)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")

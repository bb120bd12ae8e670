"""`spec.event` of a WebhookSource: where the attributes of its events are taken from."""

import re

from poplin.resources.fields import Checker
from poplin.resources.source_models import EventFields, Taken
from poplin.resources.source_parts import check_attribute, check_extension_name
from poplin.resources.values import Value

__all__ = ["header_name", "read_event"]

_MOST_CHARACTERS = 256
_HEADER = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")  # RFC 9110, 5.6.2: token
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*\Z")  # RFC 6901, 3
_PLACES = ("value", "header", "pointer")


def read_event(checker: Checker, value: Value) -> EventFields:
    fields = checker.fields(value)
    if fields is None:
        return EventFields()
    found = {
        name: _taken(checker, each, name)
        for name in ("type", "source", "subject", "id", "time")
        if (each := fields.take(name)) is not None
    }
    extensions = fields.take("extensions")
    fields.refuse_unknown()
    return EventFields(**found, extensions=_extensions(checker, extensions) if extensions else ())


def _extensions(checker: Checker, value: Value) -> tuple[tuple[str, Taken], ...]:
    fields = checker.fields(value)
    return tuple(
        (name, taken)
        for name, each in (fields.value.data if fields else {}).items()
        if check_extension_name(checker, each, name) and (taken := _taken(checker, each, name))
    )


def _taken(checker: Checker, value: Value, name: str) -> Taken | None:
    fields = checker.fields(value)
    if fields is None:
        return None
    given = {place: each for place in _PLACES if (each := fields.take(place)) is not None}
    prefix, default = fields.take("prefix"), fields.take("default")
    fields.refuse_unknown()
    if len(given) != 1:
        got = f", got {' and '.join(given)}" if given else ""
        checker.refuse(value, f"expected exactly one of value, header and pointer{got}")
        return None
    if default is not None and "value" in given:
        checker.warn(default, "is never used: the value is always there")
    if "value" in given:
        return Taken(value=_text(checker, given["value"], name, before=prefix))
    return Taken(
        header=checker.parsed(given["header"], header_name) if "header" in given else None,
        pointer=checker.parsed(given["pointer"], _pointer) if "pointer" in given else None,
        prefix=_prefix(checker, prefix, name) if prefix else "",
        default=_text(checker, default, name) if default else None,
    )


def _text(checker: Checker, value: Value, name: str, before: Value | None = None) -> str | None:
    """The whole attribute, known now."""
    text, prefix = checker.text(value), checker.text(before) if before else ""
    if not text or prefix is None:
        return None
    check_attribute(checker, value, name, prefix + text)
    return prefix + text


def _prefix(checker: Checker, value: Value, name: str) -> str:
    """What follows is not known yet; a time that has one may be anything."""
    text = checker.text(value) or ""
    if text and name != "time":
        check_attribute(checker, value, name, f"{text}x")
    return text


def header_name(text: str) -> str:
    """In lower case. Raises ValueError."""
    if len(text) > _MOST_CHARACTERS or _HEADER.match(text) is None:
        raise ValueError("use the name of a header, such as X-Request-Id")
    return text.lower()


def _pointer(text: str) -> str:
    if len(text) > _MOST_CHARACTERS or _POINTER.match(text) is None:
        raise ValueError("use a JSON pointer (RFC 6901), such as /data/id, where ~ is ~0 and / ~1")
    return text

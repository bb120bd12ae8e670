"""The rules of context attributes (CloudEvents 1.0.2, "Context Attributes"), as tables.

`check` is one pass over the attributes; each rule is a function from a value to a complaint.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from poplin.errors import InvalidEventError
from poplin.event import AttributeValue

__all__ = [
    "check",
    "check_name",
    "check_text",
    "is_media_type",
    "is_time",
    "is_uri",
    "is_uri_reference",
    "shown",
    "typed_as_uri",
]

_SHORT = 200
_REQUIRED = ("specversion", "id", "source", "type")
_SPECVERSIONS = ("1.0", "0.3")

# Naming: lower-case ASCII letters and digits; longer than 20 is only discouraged.
_NAME = re.compile(r"[a-z0-9]+\Z")

# Type system, String: no control characters, no noncharacters, no lone surrogates.
_FORBIDDEN_TEXT = re.compile(
    "[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
_PLAIN = re.compile(r"[ -~]*\Z")

# RFC 3986, appendix A, with the zones of RFC 6874; brackets also in paths and queries, where many
# write them and Knative takes them. No part can match in two ways, so no text takes long.
_CHAR = r"A-Za-z0-9\-._~!$&'()*+,;="
_HEX = r"%[0-9A-Fa-f]{2}"
_AUTHORITY = (
    rf"(?:(?:[{_CHAR}:]|{_HEX})*@)?"
    rf"(?:\[[0-9A-Fa-fvV:.]+(?:%25(?:[A-Za-z0-9\-._~]|{_HEX})+)?\]|(?:[{_CHAR}]|{_HEX})*)"
    r"(?::[0-9]*)?(?=[/?#]|\Z)"
)
_AFTER = rf"(?:[{_CHAR}:@/?\[\]]|{_HEX})*"
_URI_REFERENCE = re.compile(
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:|(?!(?:[{_CHAR}@]|{_HEX})*:))(?://{_AUTHORITY}|(?!//))"
    rf"(?:[{_CHAR}:@/\[\]]|{_HEX})*(?:\?{_AFTER})?(?:#{_AFTER})?\Z"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?=.)")

# RFC 3339 5.6, with the lower-case t and z that it allows and leap seconds.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)\Z",
    re.ASCII,
)

# RFC 2045 5.1 with RFC 2046 types.
_WORD = r"[A-Za-z0-9!#$%&'*+\-.^_`|~]+"
_QUOTED = r'"(?:[ !#-\[\]-~]|\\[ -~])*+"'
# Possessive, so that no text takes more than one pass.
_MEDIA_TYPE = re.compile(
    rf"{_WORD}/{_WORD}(?:[ \t]*+;[ \t]*+(?:{_WORD}=(?:{_WORD}|{_QUOTED}))?)*+[ \t]*+\Z"
)


def _remembered(rule: Callable[[str], bool]) -> Callable[[str], bool]:
    """The rule for values of which most come again and again; long ones are not kept."""
    remembered = lru_cache(maxsize=1024)(rule)
    return lambda text: remembered(text) if len(text) <= _SHORT else rule(text)


@_remembered
def is_uri_reference(text: str) -> bool:
    return _URI_REFERENCE.match(text) is not None


@_remembered
def is_uri(text: str) -> bool:
    """Absolute: it begins with a scheme."""
    return _SCHEME.match(text) is not None and is_uri_reference(text)


def is_time(text: str) -> bool:
    """A Timestamp: RFC 3339 with an offset."""
    return _TIME.match(text) is not None and _is_day(text[:10])


@lru_cache(maxsize=64)
def _is_day(text: str) -> bool:
    year, month, day = map(int, text.split("-"))
    try:
        date(year or 4, month, day)  # year 0000 is RFC 3339's, and a leap year
    except ValueError:
        return False
    return True


@_remembered
def is_media_type(text: str) -> bool:
    return _MEDIA_TYPE.match(text) is not None


_RULES: Mapping[str, tuple[Callable[[str], bool], str]] = {
    "id": (str.strip, "must not be blank"),  # type: ignore[dict-item]
    "type": (str.strip, "must not be blank"),  # type: ignore[dict-item]
    "subject": (str.strip, "must not be blank when present"),  # type: ignore[dict-item]
    "source": (lambda text: bool(text) and is_uri_reference(text), "must be a URI-reference"),
    "dataschema": (is_uri, "must be an absolute URI"),
    "schemaurl": (is_uri_reference, "must be a URI-reference"),
    "time": (is_time, "must be an RFC 3339 timestamp with an offset"),
    "datacontenttype": (is_media_type, "must be a media type such as application/json"),
}

typed_as_uri = frozenset({"source", "dataschema", "schemaurl", "dataref"})
"""Attributes whose decoded text must still be a URI."""


def check_name(name: str) -> None:
    """Raises InvalidEventError; `data` is the name of the payload and no attribute."""
    if _NAME.match(name) is None:
        raise InvalidEventError(
            f"attribute name {shown(name)} is not allowed; use lower-case letters and digits"
        )
    if name == "data":
        raise InvalidEventError("attribute 'data' is not allowed; the body is the data")


def check_text(name: str, value: str) -> None:
    """Raises InvalidEventError when a String holds what none may."""
    if _PLAIN.match(value) is None and _FORBIDDEN_TEXT.search(value) is not None:
        raise InvalidEventError(
            f"attribute '{name}' is {shown(value)}; control characters and noncharacters "
            "are not allowed"
        )


def check(attributes: Mapping[str, AttributeValue]) -> None:
    """Raises InvalidEventError for the first attribute that is missing or breaks its rule.

    What a String may hold has been checked by `check_text`, for all that may break it.
    """
    for name in _REQUIRED:
        if not attributes.get(name):
            raise InvalidEventError(
                f"attribute '{name}' is missing; a CloudEvent needs a non-empty {name}"
            )
    if attributes["specversion"] not in _SPECVERSIONS:
        raise InvalidEventError(
            f"attribute 'specversion' is {shown(attributes['specversion'])}; use 1.0 or 0.3"
        )
    for name, (is_kept, words) in _RULES.items():
        value = attributes.get(name)
        # These are strings in either mode.
        if value is not None and not is_kept(value):  # type: ignore[arg-type]
            raise InvalidEventError(f"attribute '{name}' is {shown(value)}; it {words}")


def shown(value: object) -> str:
    """A value for a message: short, printable, ASCII."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."

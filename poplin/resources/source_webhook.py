"""`spec` of a WebhookSource: a preset, its secrets, and what its events are made of."""

import re
from typing import Any, cast, get_args

from poplin.resources.duration import parse_positive_duration
from poplin.resources.fields import Checker, Fields
from poplin.resources.source_event import header_name, read_event
from poplin.resources.source_models import (
    TOLERANCE_S,
    EventFields,
    HmacSpec,
    MappingName,
    Preset,
    SecretKey,
    WebhookSpec,
)
from poplin.resources.source_parts import read_secret_key
from poplin.resources.values import Value

__all__ = ["read_webhook"]

_PRESETS: tuple[Preset, ...] = get_args(Preset)
_BELONGS = {
    "secrets": tuple(each for each in _PRESETS if each != "none"),
    "hmac": ("hmac",),
    "tolerance": ("standard-webhooks", "stripe", "slack", "gitlab"),  # these sign a time
    "mapping": ("github", "gitlab"),
}
"""Fields that some presets have alone; the first two they must have."""
_PINGED = ("github", "bitbucket")
_LONG_S = 3600.0
_PRINTABLE = re.compile(r"[ -~]{1,100}\Z")


def read_webhook(checker: Checker, fields: Fields, notes: dict[str, Any]) -> WebhookSpec | None:
    preset_value, event = fields.need("preset"), fields.take("event")
    own = {name: fields.take(name) for name in _BELONGS}
    preset = checker.one_of(preset_value, *_PRESETS) if preset_value else None
    if preset_value is None or preset is None:
        return None
    _check_belonging(checker, fields, own, preset)
    if notes.get("forward-ping") and preset not in _PINGED:
        checker.refuse(preset_value, "sends no pings; leave out poplin.dev/forward-ping")
    return WebhookSpec(
        preset=cast("Preset", preset),
        secrets=_secrets(checker, own["secrets"]) if own["secrets"] else (),
        hmac=_hmac(checker, own["hmac"]) if own["hmac"] else None,
        tolerance_s=_tolerance_s(checker, own["tolerance"]),
        mapping=_mapping(checker, own["mapping"]),
        event=read_event(checker, event) if event else EventFields(),
        forwards_ping=notes.get("forward-ping", False),
    )


def _check_belonging(
    checker: Checker, fields: Fields, own: dict[str, Value | None], preset: str
) -> None:
    for name, presets in _BELONGS.items():
        value = own[name]
        if value is not None and preset not in presets:
            words = f"is not allowed with preset {preset}; leave it out"
            checker.refuse(value, f"{words}, or use {' or '.join(presets)}")
        elif value is None and preset in presets and name in ("secrets", "hmac"):
            path = f"{fields.value.path}.{name}"
            checker.refuse(fields.value, f"is missing; preset {preset} requires it", path)


def _secrets(checker: Checker, value: Value) -> tuple[SecretKey, ...]:
    """Each once: any of them may have signed."""
    items = checker.items(value)
    if items == []:
        checker.refuse(value, "is empty; give at least one")
    found = [read_secret_key(checker, each) for each in items or ()]
    return tuple(dict.fromkeys(each for each in found if each))


def _hmac(checker: Checker, value: Value) -> HmacSpec | None:
    fields = checker.fields(value)
    if fields is None:
        return None
    header, algorithm = fields.need("header"), fields.take("algorithm")
    encoding, prefix = fields.take("encoding"), fields.take("prefix")
    fields.refuse_unknown()
    found: dict[str, Any] = {"header": checker.parsed(header, header_name) if header else None}
    if algorithm:
        found["algorithm"] = checker.one_of(algorithm, "sha1", "sha256", "sha384", "sha512")
    if encoding:
        found["encoding"] = checker.one_of(encoding, "hex", "base64", "base64url")
    if prefix and prefix.data != "":
        found["prefix"] = checker.parsed(prefix, _prefix)
    return HmacSpec(**found)


def _prefix(text: str) -> str:
    if _PRINTABLE.match(text) is None:
        raise ValueError("use 1 to 100 printable ASCII characters")
    return text


def _tolerance_s(checker: Checker, value: Value | None) -> float:
    seconds = checker.parsed(value, parse_positive_duration) if value else None
    if value and seconds and seconds > _LONG_S:
        checker.warn(value, "is how long a delivery that was overheard can be sent again")
    return float(seconds) if seconds else TOLERANCE_S


def _mapping(checker: Checker, value: Value | None) -> MappingName:
    found = checker.one_of(value, "knative", "cloudevents") if value else None
    return cast("MappingName", found or "knative")

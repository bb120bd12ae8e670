"""How a catalog lies in its hash: JSON under `<kind>/<key>`, and back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import msgspec

from poplin.catalog.records import BrokerRecord, TriggerRecord, Verdict
from poplin.catalog.removed import RemovedBroker, RemovedTrigger

if TYPE_CHECKING:
    from poplin.catalog.catalog import Catalog

__all__ = ["changed", "encoded"]

_KINDS: Mapping[str, tuple[str, type[Any]]] = {
    "broker": ("brokers", BrokerRecord),
    "trigger": ("triggers", TriggerRecord),
    "removed": ("removed", RemovedTrigger),
    "closed": ("closed", RemovedBroker),
    "verdict": ("verdicts", Verdict),
}
"""Of each kind of field: the attribute of Catalog, and what a value is."""


def encoded(catalog: "Catalog") -> dict[str, bytes]:
    """Its fields, but for the version."""
    return {
        f"{kind}/{key}": msgspec.json.encode(record)
        for kind, (attribute, _) in _KINDS.items()
        for key, record in getattr(catalog, attribute).items()
    }


def changed(catalog: "Catalog", version: int, fields: Mapping[bytes, bytes | None]) -> "Catalog":
    """The catalog with these fields put in, or taken out where None; the others stay as they are."""
    maps: dict[str, dict[str, Any]] = {}
    for name, value in fields.items():
        kind, _, key = name.decode().partition("/")
        if kind not in _KINDS:
            continue
        attribute, record_type = _KINDS[kind]
        records = maps.setdefault(attribute, dict(getattr(catalog, attribute)))
        if value is None:
            records.pop(key, None)
        else:
            records[key] = msgspec.json.decode(value, type=record_type)
    return replace(catalog, version=version, **maps)

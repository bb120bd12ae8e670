"""From one version of the catalog to the next: what a person should hear."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from poplin.catalog import Catalog, RemovedBroker, RemovedTrigger, Verdict

__all__ = ["Change", "changes"]

Kept = RemovedBroker | RemovedTrigger


@dataclass(frozen=True, slots=True)
class Change:
    """`kept` is what a broker or trigger that is served no more leaves behind."""

    kind: str
    key: str
    how: Literal["added", "changed", "removed"]
    verdict: Verdict | None = None
    kept: Kept | None = None


def changes(before: Catalog, after: Catalog) -> Iterator[Change]:
    """Brokers before triggers, and by name. Warnings alone are no change."""
    kept = _left(before, after)
    for name in sorted(before.verdicts.keys() | after.verdicts.keys()):
        was, now = before.verdicts.get(name), after.verdicts.get(name)
        kind, _, key = name.partition("/")
        what = kind.lower()
        if now is None:
            yield Change(what, key, "removed", kept=kept.get(name))
        elif was is None:
            yield Change(what, key, "added", now)
        elif _served(before, kind, key, was) != _served(after, kind, key, now):
            yield Change(what, key, "changed", now, kept.get(name))


def _left(before: Catalog, after: Catalog) -> dict[str, Kept]:
    """By kind and key. Of a trigger that went to another broker too, what it left at the first."""
    found: dict[str, Kept] = {}
    for uid, trigger in after.removed.items():
        if uid not in before.removed:
            found[f"Trigger/{trigger.key}"] = trigger
    for key, broker in after.closed.items():
        if key not in before.closed:
            found[f"Broker/{key}"] = broker
    return found


def _served(catalog: Catalog, kind: str, key: str, verdict: Verdict) -> tuple[object, ...]:
    record = catalog.brokers.get(key) if kind == "Broker" else catalog.triggers.get(key)
    return record, verdict.spec_digest, verdict.conditions

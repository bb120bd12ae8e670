"""What is served though its document cannot be, now: the version that is in force."""

from collections.abc import Container
from dataclasses import dataclass, replace

from poplin.catalog import Catalog, Verdict
from poplin.resources.models import Loaded
from poplin.resources.resolve import Resolved

__all__ = ["Served", "keep_served"]

_KEPT = "the version in force is served until this is mended"


@dataclass(frozen=True, slots=True)
class Served:
    """`hidden` are those, by the keys of their verdicts, whose documents may stand where nothing
    can be read.
    """

    resolved: Resolved
    hidden: frozenset[str]


def keep_served(
    found: Resolved, loaded: Loaded, known: Catalog, may_be_hidden: Container[str]
) -> Served:
    """`found`, and the records in force of what it has none of, though nobody took it away.

    A mistake costs no event: neither an edit that makes a ref lead nowhere, nor a document that is
    refused or hidden by an error when the files are read for the first time. Who is not in
    `may_be_hidden` was seen before, so the files tell whether it is gone.
    """
    verdicts = {each.key: each for each in found.verdicts}
    hides = any(problem.hides for problem in loaded.problems)

    def stays(key: str, broker: str) -> bool:
        verdict = verdicts.get(key)
        if verdict is None:
            return hides and key in may_be_hidden
        return verdict.broker in ("", broker)  # a refused document may name none

    brokers = {each.key: each for each in found.brokers}
    kept_brokers = {
        f"Broker/{key}": broker
        for key, broker in known.brokers.items()
        if key not in brokers and stays(f"Broker/{key}", "")
    }
    served = brokers.keys() | {each.key for each in kept_brokers.values()}
    triggers = {each.key for each in found.triggers}
    kept_triggers = {
        f"Trigger/{key}": trigger
        for key, trigger in known.triggers.items()
        if key not in triggers
        and trigger.broker_key in served
        and stays(f"Trigger/{key}", trigger.broker)
    }
    kept = kept_brokers.keys() | kept_triggers.keys()
    hidden = frozenset(kept - verdicts.keys())
    shown = [_warned(each) if each.key in kept else each for each in found.verdicts]
    shown += [_warned(each) for key, each in known.verdicts.items() if key in hidden]
    resolved = Resolved(
        [*found.brokers, *kept_brokers.values()], [*found.triggers, *kept_triggers.values()], shown
    )
    return Served(resolved, hidden)


def _warned(verdict: Verdict) -> Verdict:
    return replace(verdict, warnings=tuple(dict.fromkeys((*verdict.warnings, _KEPT))))

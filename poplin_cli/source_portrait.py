"""A source described to a person: where it listens or looks, and what came of it."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from poplin_cli.columns import age_text
from poplin_cli.facts import conditions, facts, heading, next_steps, warnings
from poplin_cli.show import console, printable
from poplin_cli.source_hints import source_hints

__all__ = ["source_portrait"]

_MINUTE_S = 60
_MOST_NAMESPACES = 10
_TITLES = {"ApiServerSource": "Changes", "PingSource": "Ticks"}
"""What comes to sources that act by themselves; to all others webhooks do."""


def source_portrait(view: dict[str, Any]) -> None:
    out, status = console(), view["status"]
    facts(
        out,
        ("Source", f"{view['namespace']}/{view['name']}"),
        ("Kind", f"{view['kind']} ({view['apiVersion']})"),
        *_listens(view),
        ("Sink", view["sinkUri"] or "not resolved"),
        *_elsewhere(status),
    )
    conditions(out, status)
    if view["settings"]:
        heading(out, "Settings")
        facts(out, *view["settings"].items(), indent="  ")
    _events(out, status.get("ceAttributes", ()))
    _what_came(out, view)
    warnings(out, view["warnings"])
    next_steps(out, source_hints(view))


def _listens(view: dict[str, Any]) -> list[tuple[str, str]]:
    if view["kind"] in _TITLES:
        return []
    return [("Webhook URL", view["url"] or "none; it is not served")]


def _elsewhere(status: dict[str, Any]) -> list[tuple[str, str]]:
    """What it has at a provider, or looks at in a cluster."""
    found = [("Hook at the provider", hook)] if (hook := status.get("webhookIDKey")) else []
    if namespaces := status.get("namespaces"):
        found.append(("Namespaces", _namespaces(namespaces)))
    return found


def _namespaces(names: Sequence[str]) -> str:
    if "" in names:
        return "all"
    more = len(names) - _MOST_NAMESPACES
    return ", ".join(names[:_MOST_NAMESPACES]) + (f" and {more} more" if more > 0 else "")


def _events(out: Console, attributes: Sequence[dict[str, str]]) -> None:
    if not attributes:
        return
    heading(out, "Events")
    for each in attributes:
        source = f" from {printable(each['source'])}" if "source" in each else ""
        out.print(f"  {printable(each['type'])}{source}")


def _what_came(out: Console, view: dict[str, Any]) -> None:
    counts = view["counts"]
    heading(out, _TITLES.get(view["kind"], "Webhooks"))
    facts(
        out,
        ("Received", counts["received"]),
        *_besides(view["kind"], counts),
        ("Emitted", counts["emitted"]),
        ("Attempts that failed", counts["sinkFailures"]),
        ("Lag of the newest", _lag(view["lag"], counts["emitted"])),
        indent="  ",
    )


def _besides(kind: str, counts: dict[str, Any]) -> list[tuple[str, Any]]:
    """What is counted of this kind, or of all if there was any."""
    found: list[tuple[str, Any]] = []
    if kind == "ApiServerSource":
        found = [("Found by comparing", counts["found"]), ("Relists", counts["relists"])]
    if kind == "PingSource":
        found = [("Missed", counts["ticksMissed"])]
    if counts["refused"] or kind not in _TITLES:
        found.append(("Refused", _refused(counts)))
    return found


def _refused(counts: dict[str, Any]) -> str:
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts["refusedFor"].items())
    return f"{counts['refused']}: {reasons}" if reasons else "0"


def _lag(seconds: float | None, emitted: int) -> str:
    """Counts outlive the process that knows the lag."""
    if seconds is None:
        return "nothing is emitted since it began anew" if emitted else "nothing is emitted yet"
    return f"{seconds:.3g} s" if seconds < _MINUTE_S else age_text(seconds)

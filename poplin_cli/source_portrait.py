"""A source described to a person: what its provider is to be told, and what came of it."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from poplin_cli.columns import age_text
from poplin_cli.facts import conditions, facts, heading, next_steps, warnings
from poplin_cli.show import console, printable
from poplin_cli.source_hints import source_hints

__all__ = ["source_portrait"]

_MINUTE_S = 60


def source_portrait(view: dict[str, Any]) -> None:
    out, status = console(), view["status"]
    hook = status.get("webhookIDKey")
    facts(
        out,
        ("Source", f"{view['namespace']}/{view['name']}"),
        ("Kind", f"{view['kind']} ({view['apiVersion']})"),
        ("Webhook URL", view["url"] or "none; it is not served"),
        ("Sink", view["sinkUri"] or "not resolved"),
        *([("Hook at the provider", hook)] if hook else []),
    )
    conditions(out, status)
    if view["settings"]:
        heading(out, "Settings")
        facts(out, *view["settings"].items(), indent="  ")
    _events(out, status.get("ceAttributes", ()))
    _webhooks(out, view)
    warnings(out, view["warnings"])
    next_steps(out, source_hints(view))


def _events(out: Console, attributes: Sequence[dict[str, str]]) -> None:
    if not attributes:
        return
    heading(out, "Events")
    for each in attributes:
        source = f" from {printable(each['source'])}" if "source" in each else ""
        out.print(f"  {printable(each['type'])}{source}")


def _webhooks(out: Console, view: dict[str, Any]) -> None:
    counts = view["counts"]
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts["refusedFor"].items())
    heading(out, "Webhooks")
    facts(
        out,
        ("Received", counts["received"]),
        ("Refused", f"{counts['refused']}: {reasons}" if reasons else 0),
        ("Emitted", counts["emitted"]),
        ("Attempts that failed", counts["sinkFailures"]),
        ("Lag of the newest", _lag(view["lag"], counts["emitted"])),
        indent="  ",
    )


def _lag(seconds: float | None, emitted: int) -> str:
    """Counts outlive the process that knows the lag."""
    if seconds is None:
        return "nothing is emitted since it began anew" if emitted else "nothing is emitted yet"
    return f"{seconds:.3g} s" if seconds < _MINUTE_S else age_text(seconds)

"""A source described to a person: what its provider is to be told, and what came of it."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from poplin_cli.facts import conditions, facts, heading, next_steps, warnings
from poplin_cli.show import console, printable
from poplin_cli.source_hints import source_hints

__all__ = ["source_portrait"]


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
    counts, lag = view["counts"], view["lag"]
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts["refusedFor"].items())
    heading(out, "Webhooks")
    facts(
        out,
        ("Received", counts["received"]),
        ("Refused", f"{counts['refused']}: {reasons}" if reasons else 0),
        ("Emitted", counts["emitted"]),
        ("Attempts that failed", counts["sinkFailures"]),
        ("Lag of the newest", "nothing is emitted yet" if lag is None else f"{lag:.3g} s"),
        indent="  ",
    )

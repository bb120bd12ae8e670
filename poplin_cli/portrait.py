"""A broker or trigger described to a person: facts first, then what to do about them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from poplin_cli.columns import age_text
from poplin_cli.facts import as_yaml, conditions, facts, heading, next_steps, warnings
from poplin_cli.hints import broker_hints, trigger_hints
from poplin_cli.show import console, printable

__all__ = ["broker_portrait", "trigger_portrait"]

_MOST_REASONS = 5


def trigger_portrait(view: dict[str, Any], letters: Sequence[dict[str, Any]]) -> None:
    out = console()
    facts(
        out,
        ("Trigger", f"{view['namespace']}/{view['name']}"),
        ("Uid", view["uid"] or "none; it is not served"),
        ("Broker", f"{view['namespace']}/{view['broker']}"),
        ("Subscriber", view["subscriberUri"] or "not resolved"),
        ("Dead-letter sink", view["deadLetterSinkUri"] or "none; dead letters are kept here"),
        ("Paused", "yes" if view["paused"] else "no"),
        ("Ordering", view["ordering"]),
    )
    conditions(out, view["status"])
    if view["uid"]:  # else it is not served, and nothing of it is in force
        _served(out, view, letters)
    warnings(out, view["warnings"])
    next_steps(out, trigger_hints(view))


def _served(out: Console, view: dict[str, Any], letters: Sequence[dict[str, Any]]) -> None:
    as_yaml(out, "Filters", view["filters"] or "none; every event matches")
    as_yaml(out, "Delivery (durations in seconds)", view["delivery"])
    heading(out, "Queue")
    parts = f"{view['inFlight']} in flight, {view['retrying']} retrying"
    facts(
        out,
        ("Backlog", f"{view['backlog']}, of these {parts}"),
        ("Oldest", age_text(view["oldest"]) or "nothing waits"),
        ("Dead letters", view["dead"]),
        ("Ignored answers", view["ignoredAnswers"]),
        indent="  ",
    )
    _reasons(out, view["dead"], letters)


def broker_portrait(view: dict[str, Any], triggers: Sequence[dict[str, Any]]) -> None:
    out = console()
    facts(
        out,
        ("Broker", f"{view['namespace']}/{view['name']}"),
        ("URL", view["url"] or "none"),
        ("Dead-letter sink", view["status"].get("deadLetterSinkUri", "none of its own")),
        ("Events in the log", view["events"]),
        ("Partitions", view["partitions"]),
    )
    conditions(out, view["status"])
    as_yaml(out, "Settings (durations in seconds)", view["settings"])
    heading(out, f"Triggers ({view['triggers']})")
    for each in triggers:
        ready = each["ready"] if each["ready"] == "True" else f"{each['ready']} {each['reason']}"
        queue = f"backlog {each['backlog']}, dead {each['dead']}"
        out.print(f"  {each['name']}: {printable(ready)}, {queue}")
    if view["triggers"] > len(triggers):
        key = f"{view['namespace']}/{view['name']}"
        out.print(f"  … all of them: poplin get triggers -n {view['namespace']} --broker {key}")
    warnings(out, view["warnings"])
    next_steps(out, broker_hints(view))


def _reasons(out: Console, dead: int, letters: Sequence[dict[str, Any]]) -> None:
    """What they died of, the most frequent first, and when the last one did."""
    if not letters:
        return
    part = "" if len(letters) >= dead else f" (of the oldest {len(letters)})"
    heading(out, f"What they died of{part}")
    last = {letter["reason"]: letter["died"] for letter in letters}
    for reason, count in Counter(letter["reason"] for letter in letters).most_common(_MOST_REASONS):
        out.print(Text(f"  {count} × {printable(reason)}; the last at {last[reason]}"))

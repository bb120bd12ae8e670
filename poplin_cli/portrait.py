"""A broker or trigger described to a person: facts first, then what to do about them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import yaml
from rich.console import Console
from rich.text import Text

from poplin_cli.columns import age_text
from poplin_cli.hints import broker_hints, trigger_hints
from poplin_cli.show import STATUS_STYLES, console, printable

__all__ = ["broker_portrait", "trigger_portrait"]

_MOST_REASONS = 5


def trigger_portrait(view: dict[str, Any], letters: Sequence[dict[str, Any]]) -> None:
    out = console()
    _facts(
        out,
        ("Trigger", f"{view['namespace']}/{view['name']}"),
        ("Uid", view["uid"] or "none; it is not served"),
        ("Broker", f"{view['namespace']}/{view['broker']}"),
        ("Subscriber", view["subscriberUri"] or "not resolved"),
        ("Dead-letter sink", view["deadLetterSinkUri"] or "none; dead letters are kept here"),
        ("Paused", "yes" if view["paused"] else "no"),
        ("Ordering", view["ordering"]),
    )
    _conditions(out, view["status"])
    if view["uid"]:  # else it is not served, and nothing of it is in force
        _served(out, view, letters)
    _warnings(out, view["warnings"])
    _next(out, trigger_hints(view))


def _served(out: Console, view: dict[str, Any], letters: Sequence[dict[str, Any]]) -> None:
    _yaml(out, "Filters", view["filters"] or "none; every event matches")
    _yaml(out, "Delivery (durations in seconds)", view["delivery"])
    _heading(out, "Queue")
    parts = f"{view['inFlight']} in flight, {view['retrying']} retrying"
    _facts(
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
    _facts(
        out,
        ("Broker", f"{view['namespace']}/{view['name']}"),
        ("URL", view["url"] or "none"),
        ("Dead-letter sink", view["status"].get("deadLetterSinkUri", "none of its own")),
        ("Events in the log", view["events"]),
        ("Partitions", view["partitions"]),
    )
    _conditions(out, view["status"])
    _yaml(out, "Settings (durations in seconds)", view["settings"])
    _heading(out, f"Triggers ({view['triggers']})")
    for each in triggers:
        ready = each["ready"] if each["ready"] == "True" else f"{each['ready']} {each['reason']}"
        queue = f"backlog {each['backlog']}, dead {each['dead']}"
        out.print(f"  {each['name']}: {printable(ready)}, {queue}")
    if view["triggers"] > len(triggers):
        key = f"{view['namespace']}/{view['name']}"
        out.print(f"  … all of them: poplin get triggers -n {view['namespace']} --broker {key}")
    _warnings(out, view["warnings"])
    _next(out, broker_hints(view))


def _facts(out: Console, *facts: tuple[str, object], indent: str = "") -> None:
    width = max(len(name) for name, _ in facts) + 2
    for name, value in facts:
        out.print(Text.assemble(indent, (f"{name + ':':{width}}", "bold"), printable(str(value))))


def _heading(out: Console, text: str) -> None:
    out.print(Text(f"{text}:", "bold"))


def _conditions(out: Console, status: dict[str, Any]) -> None:
    _heading(out, "Conditions")
    for each in status["conditions"]:
        said = ": ".join(each[name] for name in ("reason", "message") if name in each)
        out.print(
            Text.assemble(
                f"  {each['type']}: ",
                (each["status"], STATUS_STYLES[each["status"]]),
                f", {printable(said)}" if said else "",
            )
        )


def _yaml(out: Console, title: str, value: Any) -> None:
    if isinstance(value, str):
        _facts(out, (title, value))
        return
    _heading(out, title)
    for line in yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=1000).splitlines():
        out.print(Text(f"  {printable(line)}"))


def _reasons(out: Console, dead: int, letters: Sequence[dict[str, Any]]) -> None:
    """What they died of, the most frequent first, and when the last one did."""
    if not letters:
        return
    part = "" if len(letters) >= dead else f" (of the oldest {len(letters)})"
    _heading(out, f"What they died of{part}")
    last = {letter["reason"]: letter["died"] for letter in letters}
    for reason, count in Counter(letter["reason"] for letter in letters).most_common(_MOST_REASONS):
        out.print(Text(f"  {count} × {printable(reason)}; the last at {last[reason]}"))


def _warnings(out: Console, warnings: Sequence[str]) -> None:
    if warnings:
        _heading(out, "Warnings")
        for each in warnings:
            out.print(Text(f"  {printable(each)}", "yellow"))


def _next(out: Console, hints: Iterable[str]) -> None:
    _heading(out, "What to do next")
    for each in hints:
        out.print(f"  {each}")

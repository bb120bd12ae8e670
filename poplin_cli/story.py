"""A trace as a person reads it: accepted, then trigger by trigger what was tried and what is next."""

from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from poplin_cli.show import console, printable

__all__ = ["tell"]

_STYLES = {
    "delivered": "green",
    "filtered": "dim",
    "retrying": "yellow",
    "in flight": "cyan",
    "waiting": "cyan",
    "dead": "red",
    "unknown": "yellow",
}


def tell(trace: dict[str, Any]) -> None:
    out = console()
    for number, event in enumerate(trace["events"]):
        if number:
            out.print()
        _tell_event(out, trace["id"], event)
    for note in trace["notes"]:
        out.print(Text(printable(note), "yellow"))


def _tell_event(out: Console, event_id: str, event: dict[str, Any]) -> None:
    what = f"{event['type']} from {event['source']}" if event["type"] else "no longer in the log"
    out.print(
        Text.assemble(("Event ", "bold"), (printable(event_id), "bold"), "  ", printable(what))
    )
    out.print(f"{event['accepted']}  accepted by broker {event['broker']}, entry {event['logId']}")
    if not event["matches"]:
        out.print("  no trigger of this broker could have taken it")
    for match in event["matches"]:
        _tell_match(out, event, match)


def _tell_match(out: Console, event: dict[str, Any], match: dict[str, Any]) -> None:
    outcome = match["outcome"]
    out.print(
        Text.assemble(
            f"  {match['trigger']}: ",
            (outcome, _STYLES.get(outcome, "")),
            f"; {printable(match['why'])}" if match["why"] else "",
        )
    )
    for attempt in match["attempts"]:
        out.print(f"    {_attempt_text(event['accepted'], attempt)}")
    if match["next"] is not None:
        out.print(f"    {match['next']}  next attempt")
    if hint := _next_step(event, match):
        out.print(Text(f"    {hint}", "bold"))


def _attempt_text(accepted: str, attempt: dict[str, Any]) -> str:
    after_s = (_moment(attempt["time"]) - _moment(accepted)).total_seconds()
    to = "" if attempt["to"] == "subscriber" else f" to its {attempt['to']}"
    answer = f"{attempt['status']} in {attempt['ms']} ms" if attempt["status"] else "nothing sent"
    note = f" ({printable(attempt['note'])})" if attempt["note"] else ""
    number = f"attempt {attempt['attempt']}{to}"
    return f"{attempt['time']}  +{after_s:.3f} s  {number}: {answer}, {attempt['outcome']}{note}"


def _next_step(event: dict[str, Any], match: dict[str, Any]) -> str:
    if match["outcome"] == "dead" and match["grave"] is not None:
        return f"poplin dead-letters show {match['trigger']} {event['logId']}"
    if match["outcome"] == "retrying":
        return f"poplin describe trigger {match['trigger']}"
    return ""


def _moment(time: str) -> datetime:
    return datetime.fromisoformat(time)

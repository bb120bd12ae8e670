"""What a person can do about how a broker or trigger fares: values in, sentences out."""

from collections.abc import Iterator
from typing import Any

__all__ = ["broker_hints", "trigger_hints"]

_LONG_S = 60


def trigger_hints(view: dict[str, Any]) -> Iterator[str]:
    key = f"{view['namespace']}/{view['name']}"
    hints = list(_of_trigger(view, key))
    yield from hints or ["nothing: it is Ready and all that it takes is delivered"]


def _of_trigger(view: dict[str, Any], key: str) -> Iterator[str]:
    if view["ready"] != "True":
        yield "mend what the first condition that is False says; poplin check -f PATH tells beforehand"
    if view["paused"]:
        yield f"it is paused and its backlog grows: poplin resume {key}"
    if view["retrying"]:
        yield "its subscriber fails now: look there; poplin trace EVENT_ID tells each attempt"
    if view["dead"]:
        yield f"look at what died: poplin dead-letters list {key}"
        yield f"once the cause is mended: poplin dead-letters redrive {key} --all"
    if _is_behind(view):
        yield (
            "all that it may have in flight is: make its subscriber faster, or raise "
            "poplin.dev/max-in-flight on the Trigger"
        )
    if view["ignoredAnswers"]:
        yield (
            "some answers were no events and were ignored; an answer without a body says so better"
        )


def _is_behind(view: dict[str, Any]) -> bool:
    """More waits than is worked on, and has for a while."""
    window = view["delivery"].get("maxInFlight", 0)
    is_old = view["oldest"] is not None and view["oldest"] > _LONG_S
    return is_old and 0 < window <= view["inFlight"] < view["backlog"]


def broker_hints(view: dict[str, Any]) -> Iterator[str]:
    key = f"{view['namespace']}/{view['name']}"
    if view["ready"] != "True":
        yield "mend what the first condition that is False says; poplin check -f PATH tells beforehand"
        return
    if not view["triggers"]:
        yield "no trigger takes its events: add a Trigger that names it"
    yield f"send it an event: poplin send {key} --type example --data '{{}}'"
    yield f"watch what arrives: poplin tail {key}"

"""Replaying a window slice by slice: counted first, then at a pace, until it is done or stopped."""

import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from poplin_cli.client import Api
from poplin_cli.options import Output
from poplin_cli.show import show_one
from poplin_cli.slices import Done, StoppedError, confirm, work_off

__all__ = ["Window", "work"]

_COUNTING_S = 5.0
"""Then what is left is estimated."""
_FIGURES = ("scanned", "matched", "replayed", "waiting", "unrouted")


@dataclass(frozen=True, slots=True)
class Window:
    """Which events of `broker`, and the trigger that gets them."""

    broker: str
    trigger: str
    since: str
    until: str
    filters: tuple[Any, ...]

    @property
    def path(self) -> str:
        return f"/brokers/{self.broker}/replay"

    def body(self) -> dict[str, Any]:
        return {
            "trigger": self.trigger,
            "since": self.since,
            "until": self.until,
            "filters": list(self.filters),
        }


def work(api: Api, window: Window, *, rate: float, yes: bool, output: Output) -> None:
    body = window.body()
    count, is_all = _count(api, window, body)
    confirm(_question(window, body, count, is_all), yes=yes)
    slices = _Slices(api, window, body)
    try:
        work_off(slices.next, rate=rate, total=count if is_all else None, verb="replayed")
    except StoppedError as error:
        error.args = (f"{error}; they are marked poplinreplay={body['replayId']}",)
        raise
    result = {"broker": window.broker, "trigger": window.trigger, "replayId": body["replayId"]}
    result |= {"since": body["since"], "until": body["until"], **slices.figures}
    if output in (Output.json, Output.yaml):
        show_one(result, (), output)
    else:
        sys.stdout.write(_said(window, result))


def _count(api: Api, window: Window, body: dict[str, Any]) -> tuple[int, bool]:
    """How many match, or as far as time allows; `body` gets the ends of the window."""
    began = time.monotonic()
    matched, after = 0, ""
    while True:
        answer = api.post(window.path, {**body, "after": after, "dryRun": True})
        matched += answer["matched"]
        body |= {"since": answer["since"], "until": answer["until"]}
        after = answer["next"]
        if not after:
            return matched, True
        if time.monotonic() - began > _COUNTING_S:
            return matched, False


def _question(window: Window, body: dict[str, Any], count: int, is_all: bool) -> str:
    how_many = f"{count:,}" if is_all else f"more than {count:,}"
    since = body["since"] if window.since else "the oldest that is kept"
    return (
        f"send {how_many} event{'' if count == 1 and is_all else 's'} of broker {window.broker} "
        f"again to trigger {window.trigger}, accepted from {since} to {body['until']}"
    )


def _said(window: Window, result: dict[str, Any]) -> str:
    notes = [
        f"{result[name]:,} {text}"
        for name, text in (
            ("waiting", "waited already and come once"),
            ("unrouted", "are not routed yet and come by themselves"),
        )
        if result[name]
    ]
    return (
        f"{result['replayed']:,} event{'' if result['replayed'] == 1 else 's'} of broker "
        f"{window.broker} replayed to trigger {window.trigger}, marked "
        f"poplinreplay={result['replayId']}" + "".join(f"; {note}" for note in notes) + "\n"
    )


class _Slices:
    """Each begins where the last one ended, in the window that the first one drew."""

    def __init__(self, api: Api, window: Window, body: dict[str, Any]) -> None:
        self._api = api
        self._window = window
        self._body = body
        self._was_stuck = False
        self.figures: Counter[str] = Counter(dict.fromkeys(_FIGURES, 0))

    def next(self, most: int) -> Done:
        answer = self._api.post(self._window.path, {**self._body, "limit": most})
        self._body |= {"after": answer["next"], "replayId": answer["replayId"]}
        self.figures.update({name: int(answer[name]) for name in _FIGURES})
        is_stuck = bool(answer["next"]) and not answer["scanned"]
        if is_stuck and not self._was_stuck:
            sys.stderr.write(
                f"trigger {self._window.trigger} has {answer['backlog']:,} events waiting; the "
                "rest follows as it catches up\n"
            )
        self._was_stuck = is_stuck
        return Done(int(answer["replayed"]), is_last=not answer["next"], is_stuck=is_stuck)

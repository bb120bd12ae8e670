"""Redriving and purging dead letters: which ones, and slice by slice until all are done."""

import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from poplin_cli.client import Api
from poplin_cli.errors import InputError
from poplin_cli.options import Output
from poplin_cli.show import show_one
from poplin_cli.slices import Done, confirm, work_off

__all__ = ["PURGE", "REDRIVE", "Choice", "Work", "letter_path", "letters_path", "work"]


@dataclass(frozen=True, slots=True)
class Work:
    """What is done to them: the route, and words for people."""

    route: str
    done: str
    question: str


REDRIVE = Work("redrive", "redriven", "send {} of trigger {} again")
PURGE = Work("purge", "purged", "remove {} of trigger {} for good")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which dead letters: those named, those of before a time, or all there are now."""

    trigger: str
    ids: tuple[str, ...]
    older_than: str | None
    everything: bool

    def check(self) -> None:
        """Raises InputError unless it is exactly one of the three."""
        if sum([bool(self.ids), self.older_than is not None, self.everything]) != 1:
            raise InputError("say which: --id ID (may be given again), --older-than TIME or --all")


def letters_path(trigger: str) -> str:
    return f"/triggers/{trigger}/dead-letters"


def letter_path(trigger: str, letter: str) -> str:
    """Raises InputError for what would lead elsewhere."""
    if not letter.strip("."):
        raise InputError(f"{letter!r} is no id of a dead letter; poplin dead-letters list has them")
    return f"{letters_path(trigger)}/{quote(letter, safe='')}"


def work(
    api: Api, choice: Choice, what: Work, *, rate: float | None, asks: bool, output: Output
) -> None:
    choice.check()
    total = _total(api, choice)
    if asks and total:
        confirm(what.question.format(_letters(total), choice.trigger), yes=False)
    slices = _Slices(api, choice, what)
    count = work_off(slices.next, rate=rate, total=total, verb=what.done)
    if output in (Output.json, Output.yaml):
        show_one({"trigger": choice.trigger, "count": count}, (), output)
    else:
        sys.stdout.write(f"{_letters(count)} of trigger {choice.trigger} {what.done}\n")


def _letters(count: int) -> str:
    return f"{count:,} dead letter{'' if count == 1 else 's'}"


def _total(api: Api, choice: Choice) -> int:
    if choice.ids:
        return len(set(choice.ids))
    page = api.get(letters_path(choice.trigger), limit=1, olderThan=choice.older_than)
    return len(page["items"]) + int(page["remaining"])


class _Slices:
    """The first answer draws the line: what dies again behind it is left alone."""

    def __init__(self, api: Api, choice: Choice, what: Work) -> None:
        self._api = api
        self._path = f"{letters_path(choice.trigger)}/{what.route}"
        self._ids = list(dict.fromkeys(choice.ids))
        self._is_named = bool(choice.ids)
        self._before = choice.older_than or ""

    def next(self, most: int) -> Done:
        body: dict[str, Any] = {"before": self._before, "limit": most}
        if self._is_named:
            body["ids"], self._ids = self._ids[:most], self._ids[most:]
        answer = self._api.post(self._path, body)
        self._before = answer["before"]
        count = int(answer["count"])
        left = len(self._ids) if self._is_named else int(answer["remaining"])
        return Done(count, is_last=not left or not (count or self._is_named))

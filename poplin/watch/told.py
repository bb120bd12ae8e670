"""What a person should hear of files that were read: what is wrong, once, and once when it is mended."""

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, TypeVar

from poplin.resources import Loaded
from poplin.resources.models import Broker, Problem, Source, Trigger

__all__ = ["Level", "told"]

Level = Literal["info", "warning", "error"]

_MOST_NAMES = 10
_T = TypeVar("_T")


def told(before: Loaded, now: Loaded) -> Iterator[tuple[str, Level]]:
    """Lines, each with its weight."""
    for note in _new(now.notes, before.notes):
        yield note, "info"
    problems = _new(now.problems, before.problems)
    for problem in problems:
        yield str(problem), "error"
    if problems and (kept := _kept(now)):
        yield f"the last good version keeps serving of {_few(kept)}", "warning"
    for file in _new(_broken(before.problems), _broken(now.problems)):
        if os.path.exists(file):
            yield f"{file} is mended", "info"


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _new(now: Iterable[_T], before: Iterable[_T]) -> list[_T]:
    was = set(before)
    return [each for each in now if each not in was]


def _kept(loaded: Loaded) -> list[str]:
    return [
        f"{_kind(each)} {each.namespace}/{each.name}"
        for each in loaded.documents.values()
        if isinstance(each, Broker | Trigger | Source) and each.refused_edit
    ]


def _kind(document: Broker | Trigger | Source) -> str:
    return document.kind if isinstance(document, Source) else type(document).__name__.lower()


def _broken(problems: Iterable[Problem]) -> list[str]:
    return list(dict.fromkeys(problem.file for problem in problems))

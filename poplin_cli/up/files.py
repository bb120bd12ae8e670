"""The files as they are served: read again at each change, and what is no good left as it was."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from poplin.resources import Loaded, Loader, keep_good
from poplin.resources.models import Broker, Problem, Source, Trigger
from poplin_cli.up.output import Output

__all__ = ["Files"]

_MOST_NAMES = 10
_T = TypeVar("_T")


class Files:
    """Says what is wrong once, and once when it is mended."""

    def __init__(self, paths: Sequence[Path], output: Output) -> None:
        self._loader = Loader(paths)
        self._paths = paths
        self._output = output
        self.loaded = Loaded()
        """What is served: of refused edits the version before them."""

    def read(self) -> Loaded:
        """What would be served now. It takes a while for many files; no loop waits for it here."""
        return keep_good(self.loaded, self._loader.load())

    def take(self, loaded: Loaded) -> None:
        """This is served from now on."""
        before, self.loaded = self.loaded, loaded
        for note in _new(loaded.notes, before.notes):
            self._output.say(note)
        problems = _new(loaded.problems, before.problems)
        for problem in problems:
            self._output.say(str(problem), level="error")
        if problems and (kept := _kept(loaded)):
            self._output.say(
                f"the last good version keeps serving of {_few(kept)}", level="warning"
            )
        for file in _new(_broken(before.problems), _broken(loaded.problems)):
            if os.path.exists(file):
                self._output.say(f"{file} is mended")
        if before.brokers and not loaded.brokers:
            where = ", ".join(map(str, self._paths))
            self._output.say(
                f"no Broker is left in {where}: every event is refused until there is one",
                level="warning",
            )


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _new(now: Iterable[_T], before: Iterable[_T]) -> list[_T]:
    was = set(before)
    return [each for each in now if each not in was]


def _kept(loaded: Loaded) -> list[str]:
    return [
        f"{type(each).__name__.lower()} {each.namespace}/{each.name}"
        for each in loaded.documents.values()
        if isinstance(each, Broker | Trigger | Source) and each.refused_edit
    ]


def _broken(problems: Iterable[Problem]) -> list[str]:
    return list(dict.fromkeys(problem.file for problem in problems))

"""Long work in slices: at a pace, with a progress bar, and stopped between two of them."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING

import typer

from poplin_cli.errors import CommandError, ExitCode, InputError

if TYPE_CHECKING:
    from rich.progress import Progress

__all__ = ["Done", "StoppedError", "confirm", "work_off"]

_MOST = 1000
"""Items of a slice, as the API allows."""
_SLICE_S = 0.1
"""What comes together at a given rate: smaller slices are smoother and cost more calls."""
_STEP_S = 0.05
_STUCK_S = 0.5


@dataclass(frozen=True, slots=True)
class Done:
    """What one slice did. `is_stuck`: nothing could be done now, try again in a while."""

    count: int
    is_last: bool
    is_stuck: bool = False


class StoppedError(CommandError):
    """By Ctrl-C, between two slices; the text says how many were done."""

    code = ExitCode.INTERRUPTED


class _Stop:
    """Ctrl-C lets the slice under way come to its end; a second one does not."""

    def __init__(self) -> None:
        self.is_set = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        self.is_set = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_set and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _STEP_S))


def confirm(what: str, *, yes: bool) -> None:
    """Say what will be touched and ask. Raises InputError where nobody can answer."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise InputError(f"this would {what}; give --yes to do it without being asked")
    typer.confirm(f"This will {what}. Go on?", abort=True, err=True)


def work_off(
    do_slice: Callable[[int], Done], *, rate: float | None, total: int | None, verb: str
) -> int:
    """Call it with the most items of a slice until it was the last; how many were done.

    Raises StoppedError after Ctrl-C. Another error tells how many were done before it.
    """
    count = 0
    most = _MOST if rate is None else max(1, min(_MOST, int(rate * _SLICE_S)))
    with _stopping() as stop, _bar(verb, total) as bar:
        while not stop.is_set:
            began = time.monotonic()
            try:
                done = do_slice(most)
            except CommandError as error:
                if count:
                    error.args = (f"{error}; {count:,} were {verb} before",)
                raise
            count += done.count
            bar(count)
            if done.is_last:
                return count
            if done.is_stuck:
                stop.wait(_STUCK_S)
            elif rate is not None:
                stop.wait(done.count / rate - (time.monotonic() - began))
    of = "" if total is None else f" of {total:,}"
    raise StoppedError(f"stopped: {count:,}{of} were {verb}")


@contextmanager
def _stopping() -> Iterator[_Stop]:
    stop = _Stop()
    before = signal.signal(signal.SIGINT, stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _bar(verb: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """On standard error, where that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with _progress() as progress:
        task = progress.add_task(verb, total=total)
        yield lambda count: progress.update(task, completed=count)


def _progress() -> "Progress":
    import os

    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    colours = None if os.environ.get("NO_COLOR") else "auto"
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, color_system=colours),  # type: ignore[arg-type] # a literal
    )

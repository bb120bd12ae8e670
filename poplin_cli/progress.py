"""A bar for whoever waits at a terminal; nothing is drawn elsewhere."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(verb: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """Gives what to call with the number of things done so far. It draws on standard error."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # Here, since most commands need none of it.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    colours = None if os.environ.get("NO_COLOR") else "auto"
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    where = Console(stderr=True, color_system=colours)  # type: ignore[arg-type] # a literal
    with Progress(*columns, console=where) as bar:
        task = bar.add_task(verb, total=total)
        yield lambda count: bar.update(task, completed=count)

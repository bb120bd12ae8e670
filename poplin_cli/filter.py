"""`poplin filter`: would this event match this Trigger, and why?"""

from pathlib import Path
from typing import Annotated

import typer

from poplin_cli.errors import ExitCode
from poplin_cli.runner import Commands

__all__ = ["explain", "filter_app", "test"]

filter_app = typer.Typer(
    name="filter",
    cls=Commands,
    help="Try a Trigger's filters on an event, without running anything.",
    no_args_is_help=True,
)

TriggerOption = Annotated[
    Path, typer.Option("--trigger", "-t", help="A YAML file; each Trigger in it is tried.")
]
EventOption = Annotated[
    Path, typer.Option("--event", "-e", help="An event in JSON (structured mode); - is stdin.")
]


@filter_app.command()
def test(trigger: TriggerOption, event: EventOption) -> None:
    """Say whether the event matches. Exit code 1 when a Trigger does not, 2 for bad input."""
    _say(trigger, event, explains=False)


@filter_app.command()
def explain(trigger: TriggerOption, event: EventOption) -> None:
    """Say which part of the filters matched or not, and why. Exit codes as of `test`."""
    _say(trigger, event, explains=True)


def _say(trigger: Path, event: Path, *, explains: bool) -> None:
    # Here, so that no service pays for what it does not use.
    from poplin_cli.verdicts import verdicts

    lines, matches_all = verdicts(trigger, event, explains=explains)
    for line in lines:
        typer.echo(line)
    if not matches_all:
        raise typer.Exit(ExitCode.NO)

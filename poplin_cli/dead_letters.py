"""`poplin dead-letters`: look at what was given up, send it again, or remove it for good."""

from typing import Annotated

import typer

from poplin_cli.completion import trigger_names
from poplin_cli.options import (
    DEFAULT_API,
    DEFAULT_RATE,
    ApiOption,
    NamespaceOption,
    Output,
    OutputOption,
    RateOption,
    TokenOption,
    YesOption,
    full_name,
)
from poplin_cli.runner import Commands

__all__ = ["dead_letters_app", "list_letters", "purge", "redrive", "show_letter"]

dead_letters_app = typer.Typer(
    name="dead-letters",
    cls=Commands,
    help="Look at the dead letters of a trigger, redrive or purge them.",
    no_args_is_help=True,
)

TriggerArgument = Annotated[
    str, typer.Argument(help="NAME or NAMESPACE/NAME of a trigger.", autocompletion=trigger_names)
]
IdOption = Annotated[
    list[str] | None, typer.Option("--id", help="Of a dead letter, as `list` shows it; repeatable.")
]
OlderThanOption = Annotated[
    str | None,
    typer.Option(help="Those that died before then: 1h, 7d, or 2026-01-31T12:00:00Z."),
]
AllOption = Annotated[bool, typer.Option("--all", help="All there are now.")]


@dead_letters_app.command("list")
def list_letters(
    trigger: TriggerArgument,
    older_than: OlderThanOption = None,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """All dead letters, the oldest first."""
    from poplin_cli.client import Api
    from poplin_cli.letter_text import LETTER_COLUMNS
    from poplin_cli.letter_work import letters_path
    from poplin_cli.show import show

    path = letters_path(full_name(trigger, namespace))
    rows = list(Api(api, admin_token).pages(path, olderThan=older_than))
    show(rows, LETTER_COLUMNS, output, none="there is no dead letter here")


@dead_letters_app.command("show")
def show_letter(
    trigger: TriggerArgument,
    letter: Annotated[str, typer.Argument(metavar="ID", help="As `list` shows it.")],
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """One dead letter: why it was given up, what was answered, and the event."""
    from poplin_cli.client import Api
    from poplin_cli.letter_text import letter_lines
    from poplin_cli.letter_work import letter_path
    from poplin_cli.show import console, show_one

    found = Api(api, admin_token).get(letter_path(full_name(trigger, namespace), letter))
    if output is not Output.table:
        show_one(found, (), output)
        return
    out = console()
    for line in letter_lines(found):
        out.print(line)


@dead_letters_app.command()
def redrive(
    trigger: TriggerArgument,
    ids: IdOption = None,
    older_than: OlderThanOption = None,
    everything: AllOption = False,
    rate: RateOption = DEFAULT_RATE,
    yes: YesOption = False,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Put dead letters into the queue again, as if they had never been tried."""
    from poplin_cli.client import Api
    from poplin_cli.letter_work import REDRIVE, Choice, work

    choice = Choice(full_name(trigger, namespace), tuple(ids or ()), older_than, everything)
    work(
        Api(api, admin_token),
        choice,
        REDRIVE,
        rate=rate,
        asks=everything and not yes,
        output=output,
    )


@dead_letters_app.command()
def purge(
    trigger: TriggerArgument,
    ids: IdOption = None,
    older_than: OlderThanOption = None,
    everything: AllOption = False,
    yes: YesOption = False,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Remove dead letters for good."""
    from poplin_cli.client import Api
    from poplin_cli.letter_work import PURGE, Choice, work

    choice = Choice(full_name(trigger, namespace), tuple(ids or ()), older_than, everything)
    work(Api(api, admin_token), choice, PURGE, rate=None, asks=not yes, output=output)

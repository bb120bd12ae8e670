"""`poplin replay`: old events once more to one trigger."""

from typing import Annotated

import typer

from poplin_cli.filter_option import FilterOption, filters_of
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

__all__ = ["replay"]


def replay(
    broker: Annotated[str, typer.Argument(help="NAME or NAMESPACE/NAME of a broker.")],
    trigger: Annotated[str, typer.Option("--trigger", "-t", help="The one that gets them.")],
    since: Annotated[
        str | None, typer.Option(help="Accepted since: 1h, 7d, or 2026-01-31T12:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Accepted until; now, without it.")] = None,
    filters: FilterOption = None,
    rate: RateOption = DEFAULT_RATE,
    yes: YesOption = False,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Send events that a broker still keeps to a trigger again. Its own filters apply; --filter
    narrows them. What is sent has the extension poplinreplay.
    """
    from poplin_cli.client import Api
    from poplin_cli.replay_work import Window, work

    window = Window(
        full_name(broker, namespace),
        full_name(trigger, namespace),
        since or "",
        until or "",
        tuple(filters_of(filters)),
    )
    work(Api(api, admin_token), window, rate=rate, yes=yes, output=output)

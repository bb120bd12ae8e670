"""`poplin tail`: a broker's events, live."""

from typing import Annotated

import typer

from poplin_cli.filter_option import FilterOption, filters_of
from poplin_cli.options import (
    DEFAULT_API,
    ApiOption,
    NamespaceOption,
    Output,
    OutputOption,
    TokenOption,
    full_name,
)

__all__ = ["tail"]


def tail(
    broker: Annotated[str, typer.Argument(help="NAME or NAMESPACE/NAME.")],
    filters: FilterOption = None,
    since: Annotated[
        str | None,
        typer.Option(help="From then on, as far as it is kept: 10m, 1h30m, or a time in RFC 3339."),
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many events.")] = None,
    follow: Annotated[bool, typer.Option(help="Wait for what comes, until Ctrl-C.")] = True,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Show a broker's events as they are accepted, whoever gets them."""
    import orjson

    from poplin_cli.client import Api
    from poplin_cli.event_lines import show_event
    from poplin_cli.following import Following

    events = Following(
        Api(api, admin_token),
        f"/brokers/{full_name(broker, namespace)}/events",
        filters=orjson.dumps(filters_of(filters)).decode() if filters else None,
        since=since,
        follow=follow,
    )
    for number, event in enumerate(events, 1):
        show_event(event, output)
        if number == count:
            return

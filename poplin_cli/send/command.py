"""`poplin send`: an event, or many, to a broker or a URL."""

from typing import Annotated

import typer

from poplin_cli.completion import broker_names
from poplin_cli.options import DEFAULT_API, ApiOption, Lines, NamespaceOption, TokenOption

__all__ = ["send"]

_TYPE = "poplin.test"
_SOURCE = "/poplin/send"


def send(
    to: Annotated[
        str,
        typer.Argument(
            metavar="BROKER|URL",
            help="[NAMESPACE/]BROKER, or any http URL.",
            autocompletion=broker_names,
        ),
    ],
    type_: Annotated[str, typer.Option("--type", "-t", help="Attribute type.")] = _TYPE,
    source: Annotated[str, typer.Option(help="Attribute source.")] = _SOURCE,
    id_: Annotated[
        str | None, typer.Option("--id", help="Attribute id; a number is added with --count.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Attribute subject.")] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", "-d", help="The data: text, @FILE, or - for standard input."),
    ] = None,
    content_type: Annotated[
        str | None, typer.Option(help="Of the data [application/json if it is that, or text].")
    ] = None,
    extension: Annotated[
        list[str] | None,
        typer.Option("--extension", "-e", metavar="NAME=VALUE", help="May be given again."),
    ] = None,
    event: Annotated[
        str | None,
        typer.Option(
            metavar="FILE|-",
            help="Whole events in JSON instead: one, one a line, or an array.",
        ),
    ] = None,
    structured: Annotated[
        bool, typer.Option("--structured", help="Send as one JSON object, not in headers.")
    ] = False,
    count: Annotated[int, typer.Option(min=1, help="Send it so often, each with its own id.")] = 1,
    rate: Annotated[
        float | None, typer.Option(min=0.001, help="Events a second; as fast as answered without.")
    ] = None,
    connections: Annotated[int, typer.Option(min=1, max=256, help="Events under way at once.")] = 8,
    namespace: NamespaceOption = "default",
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
    output: Annotated[
        Lines, typer.Option("--output", "-o", help="Lines for people, or JSON.")
    ] = Lines.text,
) -> None:
    """Send events. Exit code 2 when one is refused as wrong, 3 when it is not taken now.

    With more than one, a 429 or 503 is waited for as Retry-After asks, and sent again.
    """
    from poplin_cli.send.events import Options, the_event
    from poplin_cli.send.events import read_events as read
    from poplin_cli.send.run import Job, url_of
    from poplin_cli.send.run import run as run_job

    given = {
        "--type": type_ != _TYPE, "--source": source != _SOURCE, "--id": id_, "--subject": subject,
        "--data": data, "--content-type": content_type, "--extension": extension,
    }  # fmt: skip
    if event is not None and (beside := [name for name, value in given.items() if value]):
        raise typer.BadParameter(f"{beside[0]} is of one event from options; --event has its own")
    options = Options(
        type=type_,
        source=source,
        id=id_,
        subject=subject,
        data=data,
        content_type=content_type,
        extensions=tuple(extension or ()),
    )
    job = Job(
        events=tuple(read(event) if event is not None else [the_event(options)]),
        count=count,
        is_named=id_ is not None or event is not None,
        structured=structured,
        rate=rate,
        connections=connections,
        as_json=output is Lines.json,
    )
    raise typer.Exit(run_job(url_of(to, namespace, api, admin_token), job))

"""`poplin display`: a subscriber that prints what it receives."""

from typing import Annotated

import typer

from poplin_cli.options import Lines

__all__ = ["display"]


def display(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen; 0 takes a free port.")
    ] = 9000,
    host: Annotated[str, typer.Option(help="0.0.0.0 listens to other machines too.")] = "127.0.0.1",
    fail: Annotated[
        int,
        typer.Option(min=0, help="Answer the first N requests with 500, or --status; then 202."),
    ] = 0,
    status: Annotated[
        int | None, typer.Option(min=200, max=599, help="Answer every request with it.")
    ] = None,
    delay: Annotated[float, typer.Option(min=0, help="Seconds before each answer.")] = 0.0,
    reply: Annotated[
        str | None,
        typer.Option(metavar="TYPE", help="Answer with an event of this type and the same data."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="Take so many a second; answer others with 429.")
    ] = None,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many requests.")] = None,
    output: Annotated[
        Lines, typer.Option("--output", "-o", help="Lines for people, or a JSON object a line.")
    ] = Lines.text,
) -> None:
    """Print every event that is sent here, and answer as told. Ctrl-C ends it.

    A subscriber for trying things out: name http://127.0.0.1:9000/ in a Trigger.
    """
    # Here, so that no other command pays for a server.
    from poplin_cli.display.answers import Behaviour
    from poplin_cli.display.receiver import Receiver
    from poplin_cli.display.receiver import display as serve
    from poplin_cli.runner import run_service

    behaviour = Behaviour(fail=fail, status=status, delay_s=delay, reply_type=reply, rate=rate)
    run_service(
        serve(
            host,
            port,
            lambda stop: Receiver(behaviour, typer.echo, stop, output=output.value, count=count),
        )
    )

"""The `poplin` command: each of its commands lives in a module of its own and is named here.

What a command needs is imported when it runs, so that `poplin --help` is there at once.
"""

import typer

from poplin_cli import services
from poplin_cli.check import check
from poplin_cli.dead_letters import dead_letters_app
from poplin_cli.describe import describe_app
from poplin_cli.display.command import display
from poplin_cli.doctor.command import doctor
from poplin_cli.filter import filter_app
from poplin_cli.get import get_app
from poplin_cli.pause import pause, resume
from poplin_cli.replay import replay
from poplin_cli.runner import Commands
from poplin_cli.send.command import send
from poplin_cli.sources import sources
from poplin_cli.tail import tail
from poplin_cli.trace import trace
from poplin_cli.up.command import up
from poplin_cli.version import VersionOption, version

__all__ = ["main"]

app = typer.Typer(
    name="poplin",
    cls=Commands,
    help="Knative's Broker and Trigger YAML, served by Python on Redis Streams.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.command()(up)
app.command()(check)
app.command()(services.ingress)
app.command()(services.dispatcher)
app.command()(services.console)
app.command()(sources)
app.command()(send)
app.command()(display)
app.command()(doctor)
app.command()(tail)
app.command()(trace)
app.command()(replay)
app.command()(pause)
app.command()(resume)
app.add_typer(get_app)
app.add_typer(describe_app)
app.add_typer(dead_letters_app)
app.add_typer(filter_app)
app.command()(version)


@app.callback()
def _poplin(*, version: VersionOption = False) -> None:
    """Knative's Broker and Trigger YAML, served by Python on Redis Streams."""


def main() -> None:
    """The console script."""
    app()


if __name__ == "__main__":
    main()

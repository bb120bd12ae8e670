"""`poplin version` and `poplin --version`."""

import platform
from importlib.metadata import version as installed
from typing import Annotated

import orjson
import typer

from poplin_cli.options import Lines

__all__ = ["VersionOption", "version"]


def version(
    output: Annotated[
        Lines, typer.Option("--output", "-o", help="Lines for people, or JSON.")
    ] = Lines.text,
) -> None:
    """Show the versions of Poplin, Python and the embedded store."""
    from poplin.errors import ConfigurationError
    from poplin_cli.embedded import find_server, server_version

    try:
        path = find_server()
        store = {"version": server_version(path), "path": path}
    except ConfigurationError:
        store = None
    found = {"poplin": installed("poplin"), "python": platform.python_version(), "store": store}
    if output is Lines.json:
        typer.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    typer.echo(f"poplin  {found['poplin']}")
    typer.echo(f"python  {found['python']}")
    typer.echo(f"store   {store['version']}, {store['path']}" if store else "store   none found")


def _say_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"poplin {installed('poplin')}")
        raise typer.Exit


VersionOption = Annotated[
    bool,
    typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version."),
]

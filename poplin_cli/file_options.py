"""Options of the commands that read Brokers, Triggers and sources from files."""

from pathlib import Path
from typing import Annotated

import typer

from poplin.errors import ConfigurationError

__all__ = ["FilesOption", "ResolveOption", "checked_files"]

FilesOption = Annotated[
    list[Path], typer.Option("--file", "-f", help="YAML file or folder; may be given again.")
]
ResolveOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAMESPACE/NAME=URL",
        help="Where a Service listens that Triggers, dead-letter sinks and sources refer to; may be "
        "given again.",
    ),
]


def checked_files(files: list[Path]) -> tuple[Path, ...]:
    """What is not there at the start is misspelt. Raises ConfigurationError."""
    for each in files:
        if not each.exists():
            raise ConfigurationError(f"-f {each}: there is no such file or folder; name one")
    return tuple(files)

"""Options of the commands that read Brokers, Triggers and sources from files."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["FilesOption", "ResolveOption"]

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

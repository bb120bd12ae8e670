"""`poplin check`: what `poplin up` would make of these files, without running anything."""

from collections.abc import Iterator
from enum import StrEnum
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poplin_cli.errors import ExitCode, NothingFoundError
from poplin_cli.file_options import FilesOption, ResolveOption
from poplin_cli.options import Output

if TYPE_CHECKING:
    from poplin.catalog import Verdict
    from poplin.resources import Loaded

__all__ = ["Form", "check"]

_INGRESS = "http://127.0.0.1:8080"
"""Where `poplin up` listens unless told otherwise."""
_TITLES = ("KIND", "NAME", "URL", "READY", "REASON")


class Form(StrEnum):
    text = "text"
    json = "json"
    yaml = "yaml"


def check(
    files: FilesOption,
    resolve: ResolveOption = None,
    output: Annotated[
        Form, typer.Option("--output", "-o", help="Lines for people, or the whole for machines.")
    ] = Form.text,
) -> None:
    """Check files without running them. Exit code 1 when something is wrong or not Ready."""
    from poplin.resources import load, read_services
    from poplin.resources import resolve as resolved

    services = read_services(resolve or ())
    loaded = load(files)
    verdicts = resolved(
        loaded,
        lambda *_: "",
        broker_url=lambda namespace, name: f"{_INGRESS}/{namespace}/{name}",
        services=services,
    ).verdicts
    _show(loaded, verdicts, output)
    if not verdicts and not loaded.problems:
        raise NothingFoundError(f"no Broker or Trigger in {', '.join(map(str, files))}")
    if loaded.problems or not all(each.ready for each in verdicts):
        raise typer.Exit(ExitCode.NO)


def _show(loaded: "Loaded", verdicts: "list[Verdict]", output: Form) -> None:
    from poplin_cli.show import Column, show, show_one
    from poplin_cli.up.rows import rows

    if output is not Form.text:
        show_one(_report(loaded, verdicts), (), Output(output))
        return
    for line in _lines(loaded):
        typer.echo(line)
    table = [dict(zip(_TITLES, row, strict=True)) for row in rows(verdicts)]
    show(table, [Column(title, itemgetter(title)) for title in _TITLES], Output.table)


def _lines(loaded: "Loaded") -> Iterator[str]:
    yield from map(str, loaded.problems)
    yield from (f"note: {note}" for note in loaded.notes)


def _report(loaded: "Loaded", verdicts: "list[Verdict]") -> dict[str, Any]:
    from poplin.resources import status_of

    return {
        "problems": [
            {
                "file": each.file,
                "line": each.line,
                "where": each.where,
                "path": each.path,
                "message": each.message,
            }
            for each in loaded.problems
        ],
        "notes": loaded.notes,
        "items": [
            {
                "kind": each.kind,
                "namespace": each.namespace,
                "name": each.name,
                "ready": each.condition("Ready").status,
                "reason": each.reason,
                "message": each.message,
                "warnings": list(each.warnings),
                "status": status_of(each),
            }
            for each in verdicts
        ],
    }

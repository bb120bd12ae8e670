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
    from poplin.catalog import SourceStatus, Verdict
    from poplin.resources import Loaded

__all__ = ["Form", "check"]

_INGRESS = "http://127.0.0.1:8080"
_RECEIVER = "http://127.0.0.1:8082"
"""Where `poplin up` listens unless told otherwise, to producers and to webhooks."""
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
    from poplin.resources import load, read_services, resolve_sources
    from poplin.resources import resolve as resolved

    services = read_services(resolve or ())
    loaded = load(files)
    verdicts = resolved(loaded, lambda *_: "", broker_url=_broker_url, services=services).verdicts
    sources = [
        each.status
        for each in resolve_sources(
            loaded,
            broker_url=_broker_url,
            services=services,
            receiver_url=lambda path: f"{_RECEIVER}{path}",
        )
    ]
    _show(loaded, verdicts, sources, output)
    if not (verdicts or sources or loaded.problems):
        raise NothingFoundError(f"no Broker, Trigger or source in {', '.join(map(str, files))}")
    is_ready = all(each.ready for each in verdicts) and all(each.ready for each in sources)
    if loaded.problems or not is_ready:
        raise typer.Exit(ExitCode.NO)


def _broker_url(namespace: str, name: str) -> str:
    return f"{_INGRESS}/{namespace}/{name}"


def _show(
    loaded: "Loaded", verdicts: "list[Verdict]", sources: "list[SourceStatus]", output: Form
) -> None:
    from poplin_cli.show import Column, show, show_one
    from poplin_cli.up.rows import rows, source_rows

    if output is not Form.text:
        show_one(_report(loaded, verdicts, sources), (), Output(output))
        return
    for line in _lines(loaded):
        typer.echo(line)
    found = [*rows(verdicts), *source_rows(sources)]
    table = [dict(zip(_TITLES, row, strict=True)) for row in found]
    show(table, [Column(title, itemgetter(title)) for title in _TITLES], Output.table)


def _lines(loaded: "Loaded") -> Iterator[str]:
    yield from map(str, loaded.problems)
    yield from (f"note: {note}" for note in loaded.notes)


def _report(
    loaded: "Loaded", verdicts: "list[Verdict]", sources: "list[SourceStatus]"
) -> dict[str, Any]:
    from poplin.resources import source_status_of, status_of

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
            *(_item(each, status_of(each)) for each in verdicts),
            *(_item(each, source_status_of(each)) for each in sources),
        ],
    }


def _item(each: "Verdict | SourceStatus", status: dict[str, Any]) -> dict[str, Any]:
    ready = each.condition("Ready")
    return {
        "kind": each.kind,
        "namespace": each.namespace,
        "name": each.name,
        "ready": ready.status,
        "reason": ready.reason,
        "message": ready.message,
        "warnings": list(each.warnings),
        "status": status,
    }

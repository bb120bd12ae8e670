"""`poplin trace`: when an event was accepted, and what became of it at every trigger."""

import sys
from typing import Annotated, Any

import typer

from poplin_cli.options import (
    DEFAULT_API,
    ApiOption,
    NamespaceOption,
    Output,
    OutputOption,
    TokenOption,
    full_name,
)

__all__ = ["trace"]


def trace(
    event_id: Annotated[str, typer.Argument(help="The event's id, as its producer gave it.")],
    source: Annotated[str | None, typer.Option(help="Only events of this source.")] = None,
    broker: Annotated[str | None, typer.Option(help="Only of this broker.")] = None,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Where did my event go? Exit code 1 when nothing is known of it."""
    from poplin_cli.client import Api
    from poplin_cli.errors import NothingFoundError
    from poplin_cli.show import printable, show
    from poplin_cli.story import tell

    found = Api(api, admin_token).get(
        "/trace",
        id=event_id,
        source=source,
        broker=None if broker is None else full_name(broker, namespace),
    )
    if output is Output.table:
        tell(found)
    else:
        show(_names(found) if output is Output.name else _matches(found), (), output)
        for note in found["notes"]:
            sys.stderr.write(f"{printable(note)}\n")
    if not found["events"]:
        which = f" of source {source!r}" if source else ""
        raise NothingFoundError(
            f"nothing is known of an event {event_id!r}{which}: no broker has accepted it (only a "
            "202 means accepted), or it is older than the log and the journal reach; poplin tail "
            "BROKER shows what arrives"
        )


def _matches(found: dict[str, Any]) -> list[dict[str, Any]]:
    """One for each trigger and each time that the event was accepted."""
    return [
        {**match, "event": {"id": found["id"], **_without_matches(event)}}
        for event in found["events"]
        for match in event["matches"]
    ]


def _names(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Of the triggers, each once."""
    triggers = [match["trigger"] for event in found["events"] for match in event["matches"]]
    return [{"id": name} for name in dict.fromkeys(triggers)]


def _without_matches(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "matches"}

"""`poplin describe`: everything that is known of one object, and what to do next."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from poplin_cli.completion import names_of_kind
from poplin_cli.options import (
    DEFAULT_API,
    ApiOption,
    KindOption,
    NamespaceOption,
    Output,
    OutputOption,
    TokenOption,
    full_name,
)
from poplin_cli.runner import Commands

if TYPE_CHECKING:
    from poplin_cli.client import Api

__all__ = ["broker", "describe_app", "source", "trigger"]

_MOST_LETTERS = 1000
_MOST_TRIGGERS = 20

describe_app = typer.Typer(
    name="describe",
    cls=Commands,
    help="Tell everything about one broker, trigger or source, and what to do next.",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str, typer.Argument(help="NAME or NAMESPACE/NAME.", autocompletion=names_of_kind)
]


@describe_app.command("broker")
@describe_app.command("brokers", hidden=True)
def broker(
    name: NameArgument,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """A broker: its conditions, its settings, its log and its triggers."""
    from poplin_cli.client import Api
    from poplin_cli.portrait import broker_portrait
    from poplin_cli.show import show_one

    client, key = Api(api, admin_token), full_name(name, namespace)
    view = client.get(f"/brokers/{key}")
    if output is not Output.table:
        show_one(view, (), output)
        return
    triggers = client.pages("/triggers", namespace=view["namespace"], broker=key)
    broker_portrait(view, list(islice(triggers, _MOST_TRIGGERS)))


@describe_app.command("trigger")
@describe_app.command("triggers", hidden=True)
def trigger(
    name: NameArgument,
    namespace: NamespaceOption = "default",
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """A trigger: its conditions, filters and delivery, what waits for it, and what died of what."""
    from poplin_cli.client import Api
    from poplin_cli.portrait import trigger_portrait
    from poplin_cli.show import show_one

    client, key = Api(api, admin_token), full_name(name, namespace)
    view = client.get(f"/triggers/{key}")
    if output is not Output.table:
        show_one(view, (), output)
        return
    trigger_portrait(view, _letters(client, key) if view["dead"] else [])


@describe_app.command("source")
@describe_app.command("sources", hidden=True)
def source(
    name: NameArgument,
    namespace: NamespaceOption = "default",
    kind: KindOption = None,
    output: OutputOption = Output.table,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """A source: its conditions and settings, what came, and of webhooks the URL for the provider."""
    from poplin_cli.client import Api
    from poplin_cli.show import show_one
    from poplin_cli.source_portrait import source_portrait

    view = Api(api, admin_token).get(f"/sources/{full_name(name, namespace)}", kind=kind)
    if output is not Output.table:
        show_one(view, (), output)
        return
    source_portrait(view)


def _letters(client: "Api", key: str) -> list[dict[str, Any]]:
    return list(islice(client.pages(f"/triggers/{key}/dead-letters"), _MOST_LETTERS))

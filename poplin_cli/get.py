"""`poplin get`: brokers, triggers and sources as kubectl would list them."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from poplin_cli.completion import names_of_kind
from poplin_cli.options import (
    DEFAULT_API,
    AllNamespacesOption,
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
    from collections.abc import Callable, Sequence

    from poplin_cli.show import Column, Row

__all__ = ["brokers", "get_app", "sources", "triggers"]

_LOOK_EVERY_S = 1.0
_GROWING = frozenset({"oldest", "lag", "counts"})

get_app = typer.Typer(
    name="get",
    cls=Commands,
    help="List brokers, triggers or sources, and how they fare.",
    no_args_is_help=True,
)

NameArgument = Annotated[
    str | None,
    typer.Argument(
        help="NAME or NAMESPACE/NAME; all of the namespace without it.",
        autocompletion=names_of_kind,
    ),
]
WatchOption = Annotated[
    bool, typer.Option("--watch", "-w", help="Show it again whenever it changes, until Ctrl-C.")
]


@get_app.command("brokers")
@get_app.command("broker", hidden=True)
def brokers(
    name: NameArgument = None,
    namespace: NamespaceOption = "default",
    all_namespaces: AllNamespacesOption = False,
    output: OutputOption = Output.table,
    watch: WatchOption = False,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Each broker: its URL, whether it is Ready, and what its log holds."""
    from poplin_cli.columns import BROKER_COLUMNS, named

    fetch = _fetch(api, admin_token, "brokers", name, namespace, all_namespaces)
    _show(
        fetch, named(BROKER_COLUMNS, all_namespaces), output, is_one=name is not None, watch=watch
    )


@get_app.command("triggers")
@get_app.command("trigger", hidden=True)
def triggers(
    name: NameArgument = None,
    namespace: NamespaceOption = "default",
    all_namespaces: AllNamespacesOption = False,
    broker: Annotated[str | None, typer.Option(help="Only of this broker.")] = None,
    output: OutputOption = Output.table,
    watch: WatchOption = False,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Each trigger: whom it serves, whether it is Ready, and what waits for it."""
    from poplin_cli.columns import TRIGGER_COLUMNS, named

    fetch = _fetch(api, admin_token, "triggers", name, namespace, all_namespaces, broker=broker)
    _show(
        fetch, named(TRIGGER_COLUMNS, all_namespaces), output, is_one=name is not None, watch=watch
    )


@get_app.command("sources")
@get_app.command("source", hidden=True)
def sources(
    name: NameArgument = None,
    namespace: NamespaceOption = "default",
    all_namespaces: AllNamespacesOption = False,
    kind: KindOption = None,
    output: OutputOption = Output.table,
    watch: WatchOption = False,
    api: ApiOption = DEFAULT_API,
    admin_token: TokenOption = None,
) -> None:
    """Each source: where its events go, whether it is Ready, and of webhooks the URL."""
    from poplin_cli.columns import SOURCE_COLUMNS, named

    fetch = _fetch(api, admin_token, "sources", name, namespace, all_namespaces, kind=kind)
    _show(
        fetch, named(SOURCE_COLUMNS, all_namespaces), output, is_one=name is not None, watch=watch
    )


def _fetch(
    url: str,
    token: str | None,
    noun: str,
    name: str | None,
    namespace: str,
    all_namespaces: bool,
    **params: str | None,
) -> "Callable[[], list[Row]]":
    """What asks for the rows, as they are now."""
    from poplin_cli.client import Api

    api = Api(url, token)
    if name is not None:
        path = f"/{noun}/{full_name(name, namespace)}"
        return lambda: [api.get(path, **params)]
    where = None if all_namespaces else namespace
    return lambda: list(api.pages(f"/{noun}", namespace=where, **params))


def _show(
    fetch: "Callable[[], list[Row]]",
    columns: "Sequence[Column]",
    output: Output,
    *,
    is_one: bool,
    watch: bool,
) -> None:
    from poplin_cli.show import console, show, show_one

    shown: list[Row] | None = None
    while True:
        rows = fetch()
        if shown is None or _changed(shown) != _changed(rows):
            if watch and sys.stdout.isatty():
                console().clear()
            if is_one:
                show_one(rows[0], columns, output)
            else:
                show(rows, columns, output, none="there is none here; -A looks in every namespace")
            sys.stdout.flush()
            shown = rows
        if not watch:
            return
        time.sleep(_LOOK_EVERY_S)


def _changed(rows: "list[Row]") -> "list[Row]":
    """What is worth another look; ages and counts grow by themselves."""
    return [{name: value for name, value in row.items() if name not in _GROWING} for row in rows]

"""Options and arguments that several commands share, so that they are spelled alike everywhere."""

from enum import StrEnum
from typing import Annotated

import typer

from poplin.names import is_name, is_namespace
from poplin_cli.errors import InputError

__all__ = [
    "DEFAULT_API",
    "DEFAULT_RATE",
    "TOKEN_VARIABLE",
    "AllNamespacesOption",
    "ApiOption",
    "KindOption",
    "Lines",
    "NamespaceOption",
    "Output",
    "OutputOption",
    "RateOption",
    "TokenOption",
    "YesOption",
    "checked_token",
    "full_name",
]

DEFAULT_API = "http://127.0.0.1:8081"
DEFAULT_RATE = 500.0
"""Of a redrive or a replay: a backlog that goes as fast as it can slows new events down."""
TOKEN_VARIABLE = "POPLIN_ADMIN_TOKEN"  # noqa: S105 - the name of it


class Output(StrEnum):
    table = "table"
    json = "json"
    yaml = "yaml"
    name = "name"


class Lines(StrEnum):
    """For commands that tell something line by line, as it happens."""

    text = "text"
    json = "json"


ApiOption = Annotated[
    str, typer.Option("--api", envvar="POPLIN_API", help="URL of the fabric's management API.")
]
TokenOption = Annotated[
    str | None,
    typer.Option(
        "--admin-token",
        envvar=TOKEN_VARIABLE,
        help="The token that the management API demands; rather give it in the environment.",
    ),
]
OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="A table for people, or the whole for machines.")
]
NamespaceOption = Annotated[
    str, typer.Option("--namespace", "-n", help="The namespace of a NAME that is given without.")
]
AllNamespacesOption = Annotated[
    bool, typer.Option("--all-namespaces", "-A", help="Of every namespace.")
]
KindOption = Annotated[
    str | None,
    typer.Option(help="Only of this kind of source, as GitHubSource or PingSource."),
]
RateOption = Annotated[
    float,
    typer.Option(
        min=0.1,
        help="Events a second. 500 leave new events their pace on a machine with two cores.",
    ),
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


def checked_token(token: str | None) -> str | None:
    """One that a header can carry. Raises InputError."""
    if token is not None and not (token.isascii() and token.isprintable() and token.strip()):
        raise InputError("--admin-token must be of visible ASCII characters, and not empty")
    return token


def full_name(name: str, namespace: str) -> str:
    """`NAMESPACE/NAME` of what a user typed. Raises InputError."""
    key = name if "/" in name else f"{namespace}/{name}"
    namespace, _, name = key.partition("/")
    if not (is_namespace(namespace) and is_name(name)):
        raise InputError(
            f"{key!r} is not a name; give NAME or NAMESPACE/NAME, of lower-case letters, digits "
            "and '-', as Kubernetes allows"
        )
    return key

"""Options of the processes that a fabric is made of, and what they mean together."""

from enum import StrEnum
from typing import Annotated

import typer

from poplin_cli.options import TOKEN_VARIABLE

__all__ = [
    "MEBIBYTE",
    "AdminTokenOption",
    "EventBytesOption",
    "LogFormat",
    "LogFormatOption",
    "Profile",
    "ProfileOption",
    "RedisOption",
    "ReplicasOption",
    "SocketOption",
    "TrustOption",
    "checked_replicas",
]

MEBIBYTE = 1024 * 1024


class Profile(StrEnum):
    durable = "durable"
    fast = "fast"
    ha = "ha"


class LogFormat(StrEnum):
    text = "text"
    json = "json"


RedisOption = Annotated[
    str,
    typer.Option(
        "--redis",
        help="redis://HOST:PORT/DB, unix://PATH, redis+sentinel://HOST:PORT,HOST:PORT/PRIMARY or "
        "redis+cluster://HOST:PORT,HOST:PORT; rediss… for TLS.",
    ),
]
ProfileOption = Annotated[
    Profile,
    typer.Option(
        help="durable: every event fsynced before its 202. fast: up to a second may be lost. "
        "ha: durable, and on a replica too."
    ),
]
ReplicasOption = Annotated[
    int, typer.Option(min=1, help="Profile ha: replicas that must have an event before its 202.")
]
TrustOption = Annotated[
    bool,
    typer.Option(
        "--trust-store", help="Serve although the store forbids CONFIG, as managed ones do."
    ),
]
LogFormatOption = Annotated[LogFormat, typer.Option(help="Lines for people, or JSON for machines.")]
SocketOption = Annotated[int | None, typer.Option(hidden=True)]
EventBytesOption = Annotated[
    int, typer.Option(min=1024, help="Largest event, headers included; above it 413.")
]
AdminTokenOption = Annotated[
    str | None,
    typer.Option(
        envvar=TOKEN_VARIABLE,
        show_envvar=True,
        help="Demand this of whoever uses the management API; rather give it in the environment.",
    ),
]


def checked_replicas(replicas: int, profile: Profile) -> int:
    if replicas > 1 and profile is not Profile.ha:
        raise typer.BadParameter(
            f"--replicas {replicas} needs --profile ha: profile {profile.value} asks no replica"
        )
    return replicas

"""Options that say what is asked of the store, alike for `up`, the services and `doctor`."""

from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["Profile", "ProfileOption", "ReplicasOption", "TrustOption", "checked"]


class Profile(StrEnum):
    durable = "durable"
    fast = "fast"
    ha = "ha"


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


def checked(replicas: int, profile: Profile) -> int:
    """The number of replicas. Raises typer.BadParameter when nothing would ask them."""
    if replicas > 1 and profile is not Profile.ha:
        raise typer.BadParameter(
            f"--replicas {replicas} needs --profile ha: profile {profile.value} asks no replica"
        )
    return replicas

"""Options of the way to a Kubernetes API server, for the sources that watch one."""

from pathlib import Path
from typing import Annotated

import typer

from poplin.errors import ConfigurationError

__all__ = ["KubeContextOption", "KubeconfigOption", "checked_kubeconfig"]

KubeconfigOption = Annotated[
    Path | None,
    typer.Option(
        metavar="PATH",
        help="The kubeconfig that ApiServerSources use; without it that of KUBECONFIG, else in a pod "
        "its own cluster, else ~/.kube/config.",
    ),
]
KubeContextOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Its context; without it the current one of the kubeconfig."),
]


def checked_kubeconfig(path: Path | None) -> Path | None:
    """Raises ConfigurationError for one that is not there."""
    if path is not None and not path.is_file():
        raise ConfigurationError(f"--kubeconfig {path}: there is no such file; name one")
    return path

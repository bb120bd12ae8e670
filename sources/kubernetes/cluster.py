"""The cluster that the sources of a process watch."""

from pathlib import Path
from typing import TYPE_CHECKING

from sources.kubernetes.api import Api, ServiceAccountApi
from sources.kubernetes.asking import Account
from sources.kubernetes.discovery import Discovery

if TYPE_CHECKING:
    from sources.kubernetes.connection import Connection

__all__ = ["Cluster"]

_SILENCE_S = 90.0
"""Bookmarks come about once a minute."""


class Cluster:
    """One for all ApiServerSources: they share the connection, each under its own name.

    `silence_s` is how long a watch may be without a byte.
    """

    def __init__(
        self, kubeconfig: Path | None, context: str | None, *, silence_s: float = _SILENCE_S
    ) -> None:
        self._kubeconfig = kubeconfig
        self._context = context
        self._silence_s = silence_s
        self._connection: Connection | None = None
        self._discovery = Discovery()

    async def api(self, namespace: str, service_account: str) -> Api:
        """The API server as that ServiceAccount of that namespace sees it.

        Raises UnavailableError without a kubeconfig that can be used, outside of a cluster.
        """
        if self._connection is None:
            self._connection = _connection(self._kubeconfig, self._context)
        await self._connection.open()
        account = Account(namespace, service_account)
        return ServiceAccountApi(self._connection, account, self._discovery, self._silence_s)

    async def close(self) -> None:
        """Watches that go on end with UnavailableError."""
        if self._connection is not None:
            await self._connection.close()


def _connection(kubeconfig: Path | None, context: str | None) -> "Connection":
    # What it imports is paid for by those alone who have an ApiServerSource.
    from sources.kubernetes.connection import Connection

    return Connection(kubeconfig, context)

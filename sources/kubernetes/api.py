"""An API server as one ServiceAccount sees it."""

import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Protocol

from sources.kubernetes import access
from sources.kubernetes.asking import Account, Asked
from sources.kubernetes.discovery import Discovery
from sources.kubernetes.pages import pages
from sources.kubernetes.stream import events
from sources.kubernetes.values import Listed, Resource, WatchEvent

if TYPE_CHECKING:
    from sources.kubernetes.connection import Connection

__all__ = ["Api", "ServiceAccountApi"]

_WATCH_WITHIN_S = 30.0
"""Until its headers, which come at once; how long it goes on is said by its reader."""
_LASTS_S = (240, 480)
"""Watches end by themselves, and not all at once."""
_METADATA = "application/json;as={};g=meta.k8s.io;v=v1,application/json"


class Api(Protocol):
    """What a source needs of an API server. Any number of tasks may use it at once.

    Everything may raise ForbiddenError, which names verb, resource and namespace, UnknownKindError
    for what is not served (any more), and UnavailableError for all that may pass. Leaving an
    iterator, by cancellation too, ends its request; one that is left early is closed best by
    `aclosing`.
    """

    @property
    def host(self) -> str:
        """The API server's URL, without a slash at its end."""

    async def resource(self, api_version: str, kind: str) -> Resource:
        """Raises UnknownKindError."""

    async def is_allowed(self, resource: Resource, verb: str, namespace: str = "") -> bool:
        """There, or with '' everywhere. ForbiddenError: we may not act as the ServiceAccount."""

    def pages(
        self,
        resource: Resource,
        namespace: str = "",
        selector: str = "",
        *,
        field_selector: str = "",
        is_metadata: bool = False,
    ) -> AsyncGenerator[Listed, None]:
        """A list, of one moment: all pages have its resourceVersion. Where that changes the list has
        begun anew, since the server forgot the moment: what came before is to be thrown away. An
        object may then come twice.
        """

    def watch(
        self,
        resource: Resource,
        namespace: str,
        selector: str,
        resource_version: str,
        *,
        is_metadata: bool = False,
    ) -> AsyncGenerator[Sequence[WatchEvent], None]:
        """What happens from there on; what came together is given together, bookmarks too.

        It ends after some minutes, or when it was silent and no bookmark has come in it: go on from
        the last resourceVersion. Raises GoneError where the history does not reach back to it, and
        UnavailableError for a connection that broke or went silent.
        """


class ServiceAccountApi:
    """By impersonation: the one who is connected needs the verb `impersonate` for it, and nothing
    else.
    """

    def __init__(
        self, connection: "Connection", account: Account, discovery: Discovery, silence_s: float
    ) -> None:
        self._connection = connection
        self._account = account
        self._discovery = discovery
        self._silence_s = silence_s

    @property
    def host(self) -> str:
        return self._connection.host

    async def resource(self, api_version: str, kind: str) -> Resource:
        return await self._discovery.resource(self._connection, self._account, api_version, kind)

    async def is_allowed(self, resource: Resource, verb: str, namespace: str = "") -> bool:
        return await access.is_allowed(self._connection, self._account, resource, verb, namespace)

    async def pages(
        self,
        resource: Resource,
        namespace: str = "",
        selector: str = "",
        *,
        field_selector: str = "",
        is_metadata: bool = False,
    ) -> AsyncGenerator[Listed, None]:
        query = {"labelSelector": selector, "fieldSelector": field_selector}
        accept = _METADATA.format("PartialObjectMetadataList") if is_metadata else ""
        asked = self._asked("list", resource, namespace, query, accept)
        async with aclosing(pages(self._connection, asked, resource)) as found:
            async for each in found:
                yield each

    async def watch(
        self,
        resource: Resource,
        namespace: str,
        selector: str,
        resource_version: str,
        *,
        is_metadata: bool = False,
    ) -> AsyncGenerator[Sequence[WatchEvent], None]:
        query = {
            "watch": "true",
            "resourceVersion": resource_version,
            "labelSelector": selector,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(random.randint(*_LASTS_S)),  # noqa: S311 - spreads, hides nothing
        }
        # As PartialObjectMetadataList a server (1.20) watches nothing at all, and says nothing.
        accept = _METADATA.format("PartialObjectMetadata") if is_metadata else ""
        asked = self._asked("watch", resource, namespace, query, accept)
        async with self._connection.ask(asked, _WATCH_WITHIN_S) as answer:
            chunks = answer.chunks(self._silence_s)
            async with aclosing(chunks), aclosing(events(chunks, resource, asked)) as batches:
                async for each in batches:
                    yield each

    def _asked(
        self, verb: str, resource: Resource, namespace: str, query: dict[str, str], accept: str
    ) -> Asked:
        return Asked(
            account=self._account,
            verb=verb,
            things=f"{resource.plural}.{resource.group}".rstrip("."),
            path=resource.path(namespace),
            namespace=namespace,
            query={name: value for name, value in query.items() if value},
            accept=accept or "application/json",
        )

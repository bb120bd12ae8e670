"""What is listed and watched together: the objects of one kind, in one scope."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sources.kubernetes.api import Api
from sources.kubernetes.values import Change, Listed, Resource, WatchEvent

__all__ = ["Extent", "Taker"]

_NOBODY = "metadata.name=poplin-asks-how-far-it-is"


class Taker(Protocol):
    """Who is told what happened."""

    async def tell(self, changes: Sequence[Change]) -> None:
        """Returns when it needs not be told again. May be told the same twice; may raise
        UnavailableError, before anything came of it.
        """

    async def remember(
        self, changes: Sequence[Change], checkpoint: tuple[str, str] | None = None
    ) -> None:
        """Those that were told, and those that were not to be; and how far the scope is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """`scope` is a namespace, '' for all or for none. With `is_metadata` objects come without the
    rest.
    """

    api: Api
    resource: Resource
    scope: str
    selector: str = ""
    is_metadata: bool = True

    def pages(self, *, is_metadata: bool) -> AsyncGenerator[Listed, None]:
        return self.api.pages(
            self.resource, self.scope, self.selector, is_metadata=self.is_metadata or is_metadata
        )

    def watch(self, since: str) -> AsyncGenerator[Sequence[WatchEvent], None]:
        return self.api.watch(
            self.resource, self.scope, self.selector, since, is_metadata=self.is_metadata
        )

    async def version(self) -> str:
        """The resourceVersion that the API server is at. It is asked for one object, by a name that
        none has, in one namespace: that costs it nothing, and the answer is short.
        """
        anywhere = "default" if self.resource.is_namespaced else ""
        pages = self.api.pages(
            self.resource, self.scope or anywhere, field_selector=_NOBODY, is_metadata=True
        )
        return [page.resource_version async for page in pages][-1]

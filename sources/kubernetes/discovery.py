"""Which resources an API server has: apiVersion and kind → the path of its objects."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from sources.kubernetes.asking import Account, Asked
from sources.kubernetes.errors import UnavailableError, UnknownKindError
from sources.kubernetes.values import Resource

if TYPE_CHECKING:
    from sources.kubernetes.connection import Connection

__all__ = ["Discovery"]

KEPT_S = 10.0
"""Long enough for all that starts at the same time; a CustomResourceDefinition that was installed
is found soon.
"""
_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class _Known:
    resource: Resource
    is_watchable: bool


class Discovery:
    """For all sources of a process: what is served does not depend on who asks."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: dict[str, tuple[float, Sequence[_Known]]] = {}

    async def resource(
        self, connection: "Connection", account: Account, api_version: str, kind: str
    ) -> Resource:
        """Raises UnknownKindError for what is not served, or cannot be watched."""
        for each in await self._served(connection, account, api_version):
            if each.resource.kind != kind:
                continue
            if not each.is_watchable:
                raise UnknownKindError(f"{kind} of {api_version} cannot be listed and watched")
            return each.resource
        raise UnknownKindError(
            f"the API server has no kind {kind} in {api_version}: is that kind spelled as in "
            "`kubectl api-resources`, or is a CustomResourceDefinition missing?"
        )

    async def _served(
        self, connection: "Connection", account: Account, api_version: str
    ) -> Sequence[_Known]:
        until, served = self._known.get(api_version, (0.0, ()))
        if self._clock() < until:
            return served
        path = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        asked = Asked(account=account, verb="get", things=path, path=path)
        found = _parsed(await connection.read(asked, _WITHIN_S), api_version)
        self._known[api_version] = (self._clock() + KEPT_S, found)
        return found


def _parsed(content: bytes, api_version: str) -> Sequence[_Known]:
    try:
        return [
            _known(each, api_version)
            for each in orjson.loads(content)["resources"]
            if "/" not in each["name"]  # pods/status and the like
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise UnavailableError(
            f"the API server answers to get {api_version} with what is no list of resources"
        ) from error


def _known(found: dict[str, Any], api_version: str) -> _Known:
    resource = Resource(api_version, found["kind"], found["name"], bool(found["namespaced"]))
    return _Known(resource, {"list", "watch"} <= set(found["verbs"]))

"""What is seen in a cluster: kinds, objects, and what happened to them."""

from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Change", "Listed", "Noted", "Resource", "Verb", "WatchEvent"]

Verb = Literal["add", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind as the API server's discovery knows it."""

    api_version: str
    kind: str
    plural: str
    is_namespaced: bool

    @property
    def group(self) -> str:
        """'' is the core's."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str = "") -> str:
        """Of its objects in that namespace, or of all with ''."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.api_version}"
        return (
            f"{root}/namespaces/{namespace}/{self.plural}" if namespace else f"{root}/{self.plural}"
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a list. `resource_version` is the whole list's: a watch goes on from it."""

    objects: list[dict[str, Any]]
    resource_version: str


@dataclass(frozen=True, slots=True)
class WatchEvent:
    """A line of a watch. Of a BOOKMARK the object has nothing but its resourceVersion."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK"]
    object: dict[str, Any]

    @property
    def resource_version(self) -> str:
        return str(self.object["metadata"]["resourceVersion"])


@dataclass(frozen=True, slots=True)
class Noted:
    """What is remembered of an object for as long as it is there."""

    namespace: str
    name: str
    resource_version: str
    is_owned: bool = True
    """It has the controller that the source's `owner` asks for."""


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one object. Of a delete `noted` is its last state, and `object` is None
    where it was not seen but found by comparing.
    """

    verb: Verb
    uid: str
    noted: Noted
    object: dict[str, Any] | None = field(repr=False)
    is_found: bool = False
    """By comparing a list with what is remembered, not in a watch."""

"""A list, page by page: a whole one of a large cluster would not fit."""

from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson

from sources.kubernetes.asking import Asked, object_of
from sources.kubernetes.errors import GoneError, UnavailableError
from sources.kubernetes.values import Listed, Resource

if TYPE_CHECKING:
    from sources.kubernetes.connection import Connection

__all__ = ["TooLargeError", "pages"]

LIMIT = 500
MOST_PAGE_BYTES = 16 * 1024 * 1024
"""As objects it takes about five times that; a page that has more is asked for in smaller ones."""
_WITHIN_S = 60.0


class TooLargeError(UnavailableError):
    """More came than is taken."""


async def pages(
    connection: "Connection", asked: Asked, resource: Resource
) -> AsyncGenerator[Listed, None]:
    """All of one resourceVersion; with another the list has begun anew."""
    token, limit = "", LIMIT
    while True:
        query = {"limit": str(limit)} if limit else {}
        query |= {"continue": token} if token else {}
        most = MOST_PAGE_BYTES if limit > 1 else None
        try:
            content = await connection.read(asked.with_query(**query), _WITHIN_S, most)
        except TooLargeError:
            limit = max(1, limit // 10)
            continue
        except GoneError as error:
            if not token:
                raise UnavailableError(str(error)) from error
            # In one page no token can run out again.
            token, limit = "", 0
            continue
        found, token = _parsed(content, resource, asked)
        del content  # it need not wait for whoever takes the page
        yield found
        if not token:
            return


def _parsed(content: bytes, resource: Resource, asked: Asked) -> tuple[Listed, str]:
    with suppress(ValueError):
        match orjson.loads(content):
            case {
                "metadata": {"resourceVersion": str(version), **more},
                "items": list() | None as items,
            }:
                objects = [object_of(each, resource) for each in _checked(items or [])]
                return Listed(objects, version), str(more.get("continue", ""))
    raise UnavailableError(f"the API server answers to {asked} with what is no list")


def _checked(items: list[Any]) -> list[dict[str, Any]]:
    """Raises ValueError."""
    for each in items:
        match each:
            case {"metadata": {"uid": str(), "name": str(), "resourceVersion": str()}}:
                continue
        raise ValueError("no object")
    return items

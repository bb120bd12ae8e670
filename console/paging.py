"""Lists in pages: sorted by a key, so that a page begins where the last one ended."""

from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterable
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import Field

from console.problems import ProblemError
from console.view import View

__all__ = ["ContinueParam", "LimitParam", "Page", "Slice", "slice_of", "token_of", "value_of"]

_Item = TypeVar("_Item")

LimitParam = Annotated[int, Query(ge=1, le=500, description="The most items of an answer.")]
ContinueParam = Annotated[
    str,
    Query(alias="continue", max_length=2048, description="`continue` of the answer before."),
]


class Page(View, Generic[_Item]):
    """`continue` is empty in the last page; `remaining` counts what follows this one."""

    items: list[_Item]
    token: str = Field(serialization_alias="continue")
    remaining: int


class Slice(Generic[_Item]):
    """The keys of one page, and how it ends."""

    def __init__(self, keys: list[str], token: str, remaining: int) -> None:
        self.keys = keys
        self._token = token
        self._remaining = remaining

    def page(self, items: list[_Item]) -> Page[_Item]:
        return Page(items=items, token=self._token, remaining=self._remaining)


def slice_of(keys: Iterable[str], limit: int, token: str) -> Slice[_Item]:
    """The first `limit` of the keys behind the one that `token` names, in their order.

    What was added or removed between two pages neither repeats nor hides another item.
    """
    last = value_of(token)
    rest = sorted(key for key in keys if key > last) if last else sorted(keys)
    page = rest[:limit]
    remaining = len(rest) - len(page)
    return Slice(page, token_of(page[-1]) if remaining else "", remaining)


def token_of(value: str) -> str:
    """For `continue`: opaque, so that nobody builds on what is in it."""
    return urlsafe_b64encode(value.encode()).decode().rstrip("=")


def value_of(token: str) -> str:
    """What `token_of` was given. Raises ProblemError."""
    try:
        padded = token + "=" * (-len(token) % 4)
        return b64decode(padded, altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise ProblemError(
            400, "query continue: not a token of ours; take `continue` of the answer before"
        ) from error

"""A webhook that came, and what can become of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from poplin.errors import PoplinError
from poplin.event import Event
from poplin.metrics import SourceReason

__all__ = ["Handled", "Mapper", "RefusalReason", "RefusedError", "Request", "Verifier"]

RefusalReason = SourceReason
"""Why a request is not taken; each is a series of the metrics."""


@dataclass(frozen=True, slots=True)
class Request:
    """`headers` by lower-case name; those given more than once are joined by ", " (RFC 9110, 5.3).
    `now_s` is the wall clock when it came.
    """

    headers: Mapping[str, str]
    body: bytes
    now_s: float


@dataclass(frozen=True, slots=True)
class Handled:
    """Taken without an event: answered 200 with this text. `note` is for the source's status."""

    text: str = ""
    content_type: str = "text/plain"
    note: str = ""


class RefusedError(PoplinError):
    """The request is not taken; its text is shown to the one who sent it, so it repeats nothing of
    it and no secret.
    """

    def __init__(self, status: int, reason: RefusalReason, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason: RefusalReason = reason


class Verifier(Protocol):
    """Tells whether the provider sent it, on the raw body, in a time that tells nothing."""

    def verify(self, request: Request, /) -> None:
        """Raises RefusedError: 401 for whatever is wrong with the signature. No other error,
        whatever the request holds.
        """


class Mapper(Protocol):
    """From a verified request to the event; the same request always gives the same id."""

    def event(self, request: Request, /) -> Event | Handled:
        """The event without ceOverrides, every attribute legal. Raises RefusedError: 400 for a
        body that is not what it claims to be. No other error.
        """

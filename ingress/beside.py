"""Whether what a supervisor starts beside the ingress is there too."""

import asyncio
from collections.abc import Awaitable, Callable
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

__all__ = ["AlsoReady", "nothing_beside", "ready_beside"]

AlsoReady = Callable[[], Awaitable[str | None]]
"""Why it is not ready yet; None once it was."""

_TIMEOUT_S = 1.0


async def nothing_beside() -> None:
    """For an ingress that stands alone."""


def ready_beside(url: str) -> AlsoReady:
    """Asks `url` until it has answered 200 once: later it may come and go, and events are accepted
    all the same.
    """
    has_answered = False

    async def why_not() -> str | None:
        nonlocal has_answered
        has_answered = has_answered or await asyncio.to_thread(_answers, url)
        return None if has_answered else f"{url} has not answered 200 yet"

    return why_not


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_TIMEOUT_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()

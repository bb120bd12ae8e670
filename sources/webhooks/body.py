"""Reading a request's body: no larger, no slower, and all together no more than we can hold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from poplin.budget import Share
from sources.webhooks.values import RefusedError

__all__ = ["BodyReader", "GoneError"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class GoneError(Exception):
    """The client closed the connection before its request was complete: nobody hears an answer."""


class BodyReader:
    """What is read is taken from the `share`; whoever reads gives it back when it is done."""

    def __init__(self, most_bytes: int, timeout_s: float) -> None:
        self._most_bytes = most_bytes
        self._timeout_s = timeout_s

    async def read(
        self, headers: Iterable[tuple[bytes, bytes]], receive: Receive, share: Share
    ) -> bytes:
        """Raises RefusedError and GoneError, and then holds nothing."""
        self._check(_content_length(headers))
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._timeout_s):
                async for part in _parts(receive):
                    self._check(size + len(part))
                    if share.room < len(part):
                        raise RefusedError(
                            503, "busy", "too many webhooks are under way; deliver again later"
                        )
                    share.take(len(part))
                    size += len(part)
                    parts.append(part)
        except BaseException as error:
            share.give_back(size)
            if isinstance(error, TimeoutError):
                raise RefusedError(
                    408, "timeout", f"the body was not complete within {self._timeout_s:g} s"
                ) from error
            raise
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _check(self, size: int) -> None:
        if size > self._most_bytes:
            raise RefusedError(
                413,
                "too_large",
                f"the body is larger than {self._most_bytes} bytes; start the receiver with a larger "
                "--max-webhook-bytes",
            )


async def _parts(receive: Receive) -> AsyncIterator[bytes]:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise GoneError
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


def _content_length(headers: Iterable[tuple[bytes, bytes]]) -> int:
    """0 where it is not said; the server has checked that it is a number, and once there."""
    return next((int(value) for name, value in headers if name == b"content-length"), 0)

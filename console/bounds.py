"""What a request may bring along."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["MOST_BODY_BYTES", "Bounds"]

MOST_BODY_BYTES = 1 << 20
"""Twenty times what a thousand ids take."""


class Bounds:
    """The application with bodies of a bounded size: reading behind it ends with a 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Nothing reads the body of another method; what comes of it is thrown away.
        if scope["type"] == "http" and scope["method"] == "POST":
            receive = _counted(receive)
        await self._app(scope, receive, send)


def _counted(receive: Receive) -> Receive:
    """Counts what comes: Content-Length may be missing."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > MOST_BODY_BYTES:
            raise HTTPException(413, f"a body may have {MOST_BODY_BYTES:,} bytes; send less")
        return message

    return counted

"""The receiver as a server on a socket."""

import asyncio
import socket
from typing import Any

import uvicorn

from poplin.process import serve_until
from sources.webhooks.connection import Connection

__all__ = ["serve_webhooks"]


async def serve_webhooks(
    receiver: Any, listener: socket.socket, stop: asyncio.Event, grace_s: float
) -> None:
    """Until `stop`; then requests under way have `grace_s` to end, and no new ones come in."""
    server = uvicorn.Server(
        uvicorn.Config(
            receiver,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(grace_s),
        )
    )
    await serve_until(server, listener, stop)

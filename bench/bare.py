"""The yardstick: a bare ASGI application that reads the body and answers 202."""

import socket
from typing import Any

import uvicorn

__all__ = ["run_bare"]


async def _application(_scope: Any, receive: Any, send: Any) -> None:
    while (await receive()).get("more_body", False):
        pass
    await send(
        {"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"0")]}
    )
    await send({"type": "http.response.body", "body": b""})


def run_bare(listener: socket.socket) -> None:
    """The process; settings as the ingress has them."""
    config = uvicorn.Config(
        _application, http="httptools", loop="uvloop", ws="none", lifespan="off",
        log_config=None, access_log=False, server_header=False,
    )  # fmt: skip
    uvicorn.Server(config).run([listener])

"""The console process: builds its client and serves the management API until told to stop."""

import asyncio

import structlog
import uvicorn

from console.access import Access
from console.app import console_app
from console.audit import Audit
from poplin.process import listening_socket, serve_until, set_on_signal
from poplin.settings import ConsoleSettings
from poplin.store import Availability, connect

__all__ = ["serve"]


async def serve(settings: ConsoleSettings) -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    set_on_signal(stop)
    audit = Audit()
    redis = connect(
        settings.redis_url, timeout_s=settings.store_timeout_s, availability=Availability()
    )
    listener = listening_socket(settings.host, settings.port, settings.socket_fd)
    host, port = listener.getsockname()[:2]
    access = Access(settings.admin_token, {host, settings.host})
    server = uvicorn.Server(
        uvicorn.Config(
            console_app(redis, access, audit),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
    )
    structlog.get_logger().info("listening", host=host, port=port)
    if access.token is None and not access.is_local:
        structlog.get_logger().warning(
            "whoever reaches this address can read and change everything; give --admin-token",
            host=host,
        )
    await serve_until(server, listener, stop)
    audit.flush()
    await redis.aclose()

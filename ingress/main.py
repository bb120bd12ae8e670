"""The ingress process: builds its clients, joins its parts, serves until told to stop."""

import asyncio
import socket

import structlog
import uvicorn

from ingress.app import Ingress
from ingress.body import BodyReader
from ingress.brokers import Brokers
from ingress.health import health_app
from ingress.protocol import BoundedProtocol, end_slow_requests
from poplin.catalog import Follower
from poplin.process import listening_socket, set_on_signal, tune_collector
from poplin.settings import IngressSettings
from poplin.store import connect, ensure_profile

__all__ = ["serve"]


async def serve(settings: IngressSettings) -> None:
    """Serve until SIGTERM; then finish the requests under way."""
    redis = connect(settings.redis_url)
    brokers = Brokers(redis)
    follower = Follower(redis, settings.redis_url, brokers.follow)
    body = BodyReader(most_event_bytes=settings.max_event_bytes, most_bytes=settings.max_held_bytes)
    server = _server(Ingress(brokers, body, health_app(brokers)), settings)
    listener = listening_socket(settings.host, settings.port, settings.socket_fd)
    host, port = listener.getsockname()[:2]
    stop = asyncio.Event()
    set_on_signal(stop)
    tune_collector()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ensure_profile(redis, settings.profile, stop), name="check profile")
        tasks.create_task(follower.run(stop), name="follow catalog")
        tasks.create_task(
            end_slow_requests(server.server_state.connections, settings.request_timeout_s, stop),
            name="end slow requests",
        )
        serving = tasks.create_task(_serve(server, listener, stop), name="serve")
        structlog.get_logger().info("listening", host=host, port=port)
        await stop.wait()
        await serving
    await brokers.close()
    await redis.aclose()


async def _serve(server: uvicorn.Server, listener: socket.socket, stop: asyncio.Event) -> None:
    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(end(), name="end serving")
        # Not serve(): the signals are ours.
        await server._serve([listener])  # noqa: SLF001
        stop.set()


def _server(app: Ingress, settings: IngressSettings) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=settings.keep_alive_s,
            timeout_graceful_shutdown=int(settings.grace_s),
        )
    )

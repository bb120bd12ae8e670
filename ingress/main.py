"""The ingress process: builds its clients, joins its parts, serves until told to stop."""

import asyncio
from functools import partial
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from ingress.admission import Admission
from ingress.beside import nothing_beside, ready_beside
from ingress.bounds import Bounds
from ingress.brokers import Brokers
from ingress.connection import look_after
from ingress.health import health_app
from ingress.intake import Intake
from ingress.protocol import IngressProtocol
from ingress.tally import Tally
from poplin.catalog import Follower
from poplin.errors import ConfigurationError
from poplin.metrics import Counts, Flusher
from poplin.process import (
    listening_socket,
    raise_file_limit,
    serve_until,
    set_on_signal,
    tune_collector,
)
from poplin.settings import IngressSettings
from poplin.store import Availability, LeanRedis, check_profile, connect, ensure_profile

__all__ = ["serve"]

_STORE_FIRST_S = 1.0


async def serve(settings: IngressSettings) -> None:
    """Serve until SIGTERM; then finish the requests under way."""
    redis = connect(
        settings.redis_url,
        timeout_s=settings.store_timeout_s,
        replicas=settings.copies,
        availability=Availability(),
    )
    counts = Counts()
    tally = Tally(counts)
    brokers = Brokers(redis, tally)
    follower = Follower(redis, settings.redis_url, brokers.follow)
    admission = Admission(brokers)
    flusher = Flusher(redis, counts)
    intake = Intake(brokers, admission, tally)
    bounds = Bounds(
        max_event_bytes=settings.max_event_bytes,
        max_held_bytes=settings.max_held_bytes,
        request_timeout_s=settings.request_timeout_s,
        keep_alive_s=settings.keep_alive_s,
    )
    protocol = partial(IngressProtocol, intake=intake, bounds=bounds, tally=tally)
    server = _server(
        health_app(
            brokers,
            intake,
            partial(check_profile, redis, settings.profile, trust=settings.trust_store),
            nothing_beside
            if settings.also_ready_url is None
            else ready_beside(settings.also_ready_url),
        ),
        protocol,
        settings,
    )
    listener = listening_socket(settings.host, settings.port, settings.socket_fd)
    host, port = listener.getsockname()[:2]
    stop = asyncio.Event()
    set_on_signal(stop)
    raise_file_limit()
    tune_collector()
    async with asyncio.TaskGroup() as tasks:
        check = tasks.create_task(_open(intake, redis, settings, stop), name="check store")
        tasks.create_task(follower.run(stop), name="follow catalog")
        tasks.create_task(admission.run(stop), name="admit")
        tasks.create_task(flusher.run(stop), name="flush counts")
        tasks.create_task(look_after(server.server_state.connections, stop), name="look after")
        # A store that answers is checked before the first request, which waits in the socket.
        await asyncio.wait({check}, timeout=_STORE_FIRST_S)
        serving = tasks.create_task(serve_until(server, listener, stop), name="serve")
        structlog.get_logger().info("listening", host=host, port=port)
        await stop.wait()
        await serving
    await intake.close()
    await brokers.close()
    await flusher.flush()
    await redis.aclose()
    if (wrong := check.result()) is not None:
        raise wrong


async def _open(
    intake: Intake, redis: LeanRedis, settings: IngressSettings, stop: asyncio.Event
) -> ConfigurationError | None:
    """Take events once the store is known to keep them; stop when it is known not to."""
    try:
        intake.is_open = await ensure_profile(
            redis, settings.profile, stop, trust=settings.trust_store
        )
    except ConfigurationError as error:
        stop.set()
        return error
    return None


def _server(app: FastAPI, protocol: Any, settings: IngressSettings) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=int(settings.grace_s),
        )
    )

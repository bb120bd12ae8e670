"""What every service process does alike: listen, stop on a signal, spare the collector."""

import asyncio
import errno
import gc
import resource
import signal
import socket
from contextlib import suppress
from typing import Protocol

from poplin.errors import ConfigurationError

__all__ = [
    "Server",
    "listening_socket",
    "raise_file_limit",
    "serve_until",
    "set_on_signal",
    "tune_collector",
    "url_of",
]

_NEXT = {errno.EADDRINUSE: "a free port", errno.EACCES: "a port above 1023"}


def set_on_signal(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for an orderly end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def listening_socket(
    host: str, port: int, inherited_fd: int | None = None, *, option: str = "--port"
) -> socket.socket:
    """The socket that a supervisor handed down, else a new one.

    Raises ConfigurationError, which names `option`, when the address cannot be had.
    """
    if inherited_fd is not None:
        listener = socket.socket(fileno=inherited_fd)
    else:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family, backlog=2048)
        except OSError as error:
            # Python adds the address in words of its own.
            why = (error.strerror or str(error)).partition(" (while")[0]
            raise ConfigurationError(
                f"{option} {port} on {host}: {why}; name {_NEXT.get(error.errno or 0, 'another host')}"
            ) from error
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket) -> str:
    """Where it can be reached from this machine; without a slash at its end."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(Protocol):
    """uvicorn's, which the services build: the core has none."""

    should_exit: bool

    async def _serve(self, sockets: list[socket.socket], /) -> None: ...


async def serve_until(server: Server, listener: socket.socket, stop: asyncio.Event) -> None:
    """Until `stop`, and then as long as the server grants the requests under way. A server that
    ends by itself sets `stop`.
    """

    async def end() -> None:
        await stop.wait()
        server.should_exit = True

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(end(), name="end serving")
        # Not serve(): the signals are ours.
        await server._serve([listener])  # noqa: SLF001
        stop.set()


def raise_file_limit() -> None:
    """Every connection is a file: use all that the system allows this process."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS names a limit that it does not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def tune_collector() -> None:
    """Modules live for ever and events make no cycles: look at young objects less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)

"""What every service process does alike: listen, stop on a signal, spare the collector."""

import asyncio
import gc
import resource
import signal
import socket
from contextlib import suppress

__all__ = ["listening_socket", "raise_file_limit", "set_on_signal", "tune_collector"]


def set_on_signal(stop: asyncio.Event) -> None:
    """SIGTERM and SIGINT ask for an orderly end."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)


def listening_socket(host: str, port: int, inherited_fd: int | None = None) -> socket.socket:
    """The socket that a supervisor handed down, else a new one. Raises OSError."""
    if inherited_fd is not None:
        listener = socket.socket(fileno=inherited_fd)
    else:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.create_server((host, port), family=family, backlog=2048)
    listener.setblocking(False)
    return listener


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

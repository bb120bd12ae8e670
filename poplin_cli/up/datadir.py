"""The data folder: one fabric at a time, in a format that this version reads."""

import fcntl
import os
from pathlib import Path

from poplin.errors import ConfigurationError

__all__ = ["DataDir", "check_format", "default_data_dir", "is_in_use", "socket_of"]

_FORMAT = "1"


def default_data_dir() -> Path:
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "poplin"


class DataDir:
    """Holds the folder's lock until `close`.

    The lock's descriptor is handed to the store too, so that the folder stays locked for as long
    as a store writes in it, even if its supervisor was killed.
    """

    def __init__(self, path: Path) -> None:
        """Raises ConfigurationError when the folder is in use, unusable or of another format."""
        self.path = path = path.absolute()  # the store has a working folder of its own
        try:
            path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.lock_fd = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ConfigurationError(
                f"--data-dir {path}: {error.strerror}; name a folder that you can write"
            ) from error
        try:
            fcntl.flock(self.lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self.lock_fd)
            raise ConfigurationError(
                f"--data-dir {path} is in use by another fabric; stop it, or name another folder"
            ) from error
        try:
            check_format(path)
        except ConfigurationError:
            self.close()
            raise
        if not (path / "format").exists():
            (path / "format").write_text(_FORMAT + "\n")

    @property
    def store(self) -> Path:
        return self.path / "store"

    def close(self) -> None:
        os.close(self.lock_fd)


def check_format(path: Path) -> None:
    """Raises ConfigurationError when this version cannot read what is in the folder."""
    file = path / "format"
    found = file.read_text().strip() if file.exists() else _FORMAT
    if found != _FORMAT:
        raise ConfigurationError(
            f"--data-dir {path} has format {found[:20]!r}, this version reads {_FORMAT}; "
            "name another folder, or run the version that made it"
        )


def is_in_use(path: Path) -> bool:
    """Whether a fabric or its store holds the folder now. Raises OSError."""
    if not (path / "lock").exists():
        return False
    lock = os.open(path / "lock", os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def socket_of(path: Path) -> Path | None:
    """Where the store of the fabric that uses the folder now listens, if that is known."""
    socket = path / "store" / "store.sock"
    return socket if socket.exists() and is_in_use(path) else None

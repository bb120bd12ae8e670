"""Which files to read, and their text: the only place here that touches a disk."""

import os
from collections.abc import Iterator
from pathlib import Path

from poplin.resources.models import Problem

__all__ = ["SUFFIXES", "find", "read_text"]

SUFFIXES = (".yaml", ".yml", ".json")
_MOST_BYTES = 10 * 1024 * 1024


def find(path: Path) -> Iterator[Path | Problem]:
    """The file itself, or every YAML and JSON file below a folder, by name."""
    try:
        is_folder = path.is_dir()
    except OSError as error:
        yield _unreadable(path, error)
        return
    if not is_folder:
        yield path
        return
    found = list(_below(path))
    yield from found
    if not found:
        yield Problem(str(path), 0, "the folder holds no .yaml, .yml or .json file")


def _below(folder: Path) -> Iterator[Path | Problem]:
    errors: list[OSError] = []
    files: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=errors.append):
        # A mounted ConfigMap holds each file twice: by its name and below `..<time>`.
        folders[:] = [name for name in folders if not name.startswith("..")]
        files += [Path(parent, name) for name in names if name.lower().endswith(SUFFIXES)]
    for error in errors:
        yield _unreadable(error.filename, error)
    # A link to nothing is kept, to be told; a pipe or a socket would block.
    yield from sorted(file for file in files if file.is_file() or not file.exists())


def read_text(file: Path) -> str | Problem:
    """With `\\n` line ends and no byte-order mark."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(_MOST_BYTES + 1)
        if len(raw) > _MOST_BYTES:
            message = f"is larger than {_MOST_BYTES // 2**20} MiB; split it"
            return Problem(str(file), 0, message, hides=True)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        return _unreadable(file, error)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(str(file), line, "it is not UTF-8; save it as UTF-8", hides=True)
    except ValueError as error:
        return Problem(str(file), 0, f"cannot be read: {error}", hides=True)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    # JSON may be indented with tabs, which YAML forbids; inside its strings none can stand.
    return text.replace("\t", " ") if file.suffix.lower() == ".json" else text


def _unreadable(file: str | Path, error: OSError) -> Problem:
    """What is not there hides nothing."""
    is_gone = isinstance(error, FileNotFoundError | NotADirectoryError)
    return Problem(str(file), 0, f"cannot be read: {error.strerror}", hides=not is_gone)

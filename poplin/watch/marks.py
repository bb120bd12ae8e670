"""What a disk shows of files and folders without reading them: enough to tell that they changed."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from poplin.resources.files import SUFFIXES

__all__ = ["Marks", "marks"]

_MOST_LINKS = 40
"""In a row, as Linux has it."""


@dataclass(slots=True)
class Marks:
    """`folders` are those where an entry may appear, change or go that matters: by real path, with
    what tells a folder from another one of that name.
    """

    folders: dict[str, tuple[int, int]] = field(default_factory=dict)
    files: dict[str, tuple[int, ...]] = field(default_factory=dict)


def marks(paths: Sequence[Path]) -> Marks:
    found = Marks()
    for path in paths:
        _add_file(str(path), found)
        if path.is_dir():
            _add_below(str(path), found)
    return found


def _add_below(folder: str, found: Marks) -> None:
    _add_folder(folder, found)
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return  # it is gone, or not for us; loading says so
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith(".."):  # what a mounted ConfigMap's links lead to
                _add_below(entry.path, found)
        elif entry.is_symlink():
            _add_file(entry.path, found)
        elif entry.name.lower().endswith(SUFFIXES):
            _add_mark(entry.path, found)


def _add_file(path: str, found: Marks) -> None:
    """With the folders of all that it leads through, since each link may be changed."""
    _add_mark(path, found)
    for place in _places(path):
        _add_folder(os.path.dirname(os.path.abspath(place)), found)


def _places(path: str) -> Iterator[str]:
    yield path
    for _ in range(_MOST_LINKS):
        try:
            path = os.path.join(os.path.dirname(path), os.readlink(path))
        except OSError:
            return  # no link, or none that leads anywhere
        yield path


def _add_folder(folder: str, found: Marks) -> None:
    """The folder, or where it would appear."""
    real = os.path.realpath(folder)
    while True:
        try:
            status = os.stat(real)
        except OSError:
            if real == os.path.dirname(real):
                return
            real = os.path.dirname(real)
            continue
        found.folders[real] = (status.st_dev, status.st_ino)
        return


def _add_mark(path: str, found: Marks) -> None:
    try:
        status = os.stat(path)
    except OSError:
        return
    found.files[path] = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)

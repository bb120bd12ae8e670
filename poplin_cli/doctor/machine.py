"""Checks of this machine: Python, packages, files, disk and the data folder."""

import os
import platform
import re
import resource
import shutil
import statistics
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from poplin.errors import ConfigurationError
from poplin.process import raise_file_limit
from poplin_cli.doctor.finding import Finding, failed, ok, warned
from poplin_cli.embedded import find_server, server_version
from poplin_cli.up.datadir import check_format, is_in_use

__all__ = ["SLOW_MS", "check_disk", "check_machine", "embedded_server"]

SLOW_MS = 20.0
"""A write to disk that takes longer is felt: every 202 waits for one."""

_MEBIBYTE = 1024 * 1024
_LITTLE_DISK = 2048 * _MEBIBYTE
_NO_DISK = 100 * _MEBIBYTE
_MANY_FILES = 16_384
_FEW_FILES = 256
_WRITES = 10


def check_machine() -> list[Finding]:
    return [_python(), _packages(), _open_files()]


def _python() -> Finding:
    found = f"{platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.platform not in ("linux", "darwin"):
        return failed("python", found, "run Poplin on Linux or macOS")
    return ok("python", found)


def _packages() -> Finding:
    absent = []
    wanted = [each for each in requires("poplin") or () if "extra ==" not in each]
    for each in wanted:
        name = re.split(r"[^\w.-]", each)[0]
        try:
            version(name)
        except PackageNotFoundError:
            absent.append(name)
    if absent:
        names = " ".join(absent)
        return failed("packages", f"not installed: {names}", f"run pip install {names}")
    return ok("packages", f"poplin {version('poplin')} and the {len(wanted)} it needs")


def _open_files() -> Finding:
    raise_file_limit()
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{limit} at most"
    step = f"raise the limit: ulimit -n {_MANY_FILES}, LimitNOFILE= in systemd"
    if limit < _FEW_FILES:
        return failed("open files", found, step)
    if limit < _MANY_FILES:
        return warned("open files", f"{found}; every connection is one", step)
    return ok("open files", found)


def embedded_server() -> Finding:
    """Which server `poplin up` would run."""
    try:
        path = find_server()
    except ConfigurationError as error:
        return failed("store", str(error), "install one of them, or give --redis URL")
    return ok("store", f"embedded: {path}, version {server_version(path)}")


def check_disk(data_dir: Path) -> list[Finding]:
    """The folder of the embedded store, or where it would be made; nothing is left there."""
    try:
        found = [_data_dir(data_dir)]
        place = next(each for each in (data_dir, *data_dir.parents) if each.exists())
        return [*found, _room(place), _writes(place)]
    except (OSError, ConfigurationError) as error:
        return [failed("data folder", str(error), "name a folder that you can write: --data-dir")]


def _data_dir(path: Path) -> Finding:
    if not path.exists():
        return ok("data folder", f"{path} is made by the first start")
    check_format(path)
    state = "in use by a running fabric" if is_in_use(path) else "free"
    return ok("data folder", f"{path} is {state}")


def _room(place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    found = f"{free // _MEBIBYTE} MiB free at {place}"
    step = "make room, or name a folder on another disk: --data-dir"
    if free < _NO_DISK:
        return failed("disk", found, step)
    if free < _LITTLE_DISK:
        return warned("disk", f"{found}; a full disk ends the store", step)
    return ok("disk", found)


def _writes(place: Path) -> Finding:
    times = []
    with tempfile.TemporaryFile(dir=place) as file:
        for _ in range(_WRITES):
            began = time.perf_counter()
            file.write(bytes(1024))
            file.flush()
            os.fsync(file.fileno())
            times.append(1000 * (time.perf_counter() - began))
    found = f"fsync of 1 KiB takes {statistics.median(times):.1f} ms (median of {_WRITES})"
    if statistics.median(times) > SLOW_MS:
        return warned(
            "fsync", f"{found}; every 202 waits for one", "use a faster disk, or --profile fast"
        )
    return ok("fsync", found)

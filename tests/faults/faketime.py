"""A clock on the wall that a test sets, for whole processes; others that count time go on rightly."""

import shutil
from pathlib import Path

__all__ = ["Faketime"]


class Faketime:
    """`prefix` stands before the commands of those that share the clock."""

    def __init__(self, folder: Path) -> None:
        libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
        assert libraries, "the clock tests need faketime: apt-get install faketime"
        self._file = folder / "offset"
        self._staged = folder / "staged"
        self.offset_s = 0.0
        self.set(0.0)
        self.prefix = (
            shutil.which("env") or "env",
            f"LD_PRELOAD={libraries[0]}",
            f"FAKETIME_TIMESTAMP_FILE={self._file}",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
        )

    def set(self, offset_s: float) -> None:
        """So far from the real time, from now on."""
        self.offset_s = offset_s
        self._staged.write_text(f"{offset_s:+f}s\n")
        self._staged.replace(self._file)

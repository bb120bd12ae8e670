"""Power loss: what no fsync had covered is gone, as it would be from the page cache.

It models lost bytes at the end of files, not torn or reordered sectors nor lost folder entries.
"""

import os
import shutil
import struct
import subprocess
from pathlib import Path

__all__ = ["PowerCut"]


class PowerCut:
    """A store started with `environment` notes the length of each file at its last fsync."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        compiler = shutil.which("cc")
        assert compiler is not None, "the power-loss tests need a C compiler: apt-get install gcc"
        self._notes = folder / "fsynced"
        self._notes.mkdir(exist_ok=True)
        library = folder / "fsynced.so"
        source = Path(__file__).with_name("fsynced.c")
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True
        )
        self.environment = {
            **os.environ,
            "LD_PRELOAD": str(library),
            "POPLIN_FSYNCED": str(self._notes),
        }

    def forget_unsynced(self, folder: Path) -> int:
        """Cut every file of the store's append-only folder to what was fsynced; returns the
        bytes that went."""
        gone = 0
        for file in (folder / "appendonlydir").iterdir():
            found = file.stat()
            note = self._notes / str(found.st_ino)
            (kept,) = struct.unpack("q", note.read_bytes()) if note.exists() else (0,)
            if kept < found.st_size:
                os.truncate(file, kept)
                gone += found.st_size - kept
        return gone

"""Hearing of changes to files and folders, however an editor or a mount makes them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

from poplin.waiting import wait
from poplin.watch.marks import Marks, marks

__all__ = ["Watch"]

_QUIET_MS = 50
"""Without a change, until what is being saved is taken to be saved."""
_LONGEST_MS = 300
"""A folder that is never quiet is looked at so often."""
_LOOK_MS = 3000
"""Between looks at what nobody tells: network drives and some mounts are silent."""
_POLL_S = 0.3
_POLL_SHARE = 0.05
"""Of a core, for folders so many that looking takes long."""


class Watch:
    """Folders are watched, not files: an editor may put another file in place of one. Links are
    followed, and their folders watched too.

    Where the system does not tell of changes, `on_silence` is told why, once, and we look.
    """

    def __init__(self, paths: Sequence[Path], on_silence: Callable[[str], None]) -> None:
        self._paths = paths
        self._on_silence = on_silence
        self._is_silent = False
        self._notify: RustNotify | None = None
        self._look_s = 0.0
        self._marks = Marks()
        self._take(self._look())

    async def changed(self, stop: asyncio.Event) -> bool:
        """Wait until something may have changed, and is quiet again; False when stopped.

        What changes between two calls is not missed. A change that did not matter may be told.
        """
        while not stop.is_set():
            is_told = await self._wait(stop)
            found = await asyncio.to_thread(self._look)
            if stop.is_set():
                break
            if is_told or found != self._marks:
                self._take(found)
                return True
        self._close()
        return False

    async def _wait(self, stop: asyncio.Event) -> bool:
        if self._notify is None:
            await wait(stop, max(_POLL_S, self._look_s / _POLL_SHARE))
            return False
        answer = await asyncio.to_thread(self._notify.watch, _LONGEST_MS, _QUIET_MS, _LOOK_MS, stop)
        return isinstance(answer, set)

    def _look(self) -> Marks:
        began = time.monotonic()
        found = marks(self._paths)
        self._look_s = time.monotonic() - began
        return found

    def _take(self, found: Marks) -> None:
        """These are the marks now; other folders than before are watched from now on."""
        if found.folders != self._marks.folders and not self._is_silent:
            self._close()
            self._watch(found)
        self._marks = found

    def _watch(self, found: Marks) -> None:
        try:
            self._notify = RustNotify(list(found.folders), False, False, 0, False, True)
        except FileNotFoundError:
            found.folders.clear()  # one is gone since: watch what the next look finds
        except (OSError, WatchfilesRustInternalError) as error:
            self._is_silent = True
            self._on_silence(str(error))

    def _close(self) -> None:
        if self._notify is not None:
            self._notify.close()
            self._notify = None

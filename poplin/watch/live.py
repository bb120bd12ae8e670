"""Documents as they are served: watched, and read again at each edit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from poplin.resources import Loaded, Loader, keep_good
from poplin.waiting import wait
from poplin.watch.watch import Watch

__all__ = ["LiveDocuments"]

_SURELY_GONE_S = 0.25
"""What is not there may be on its way: some editors remove a file and write it again."""


class LiveDocuments:
    """Watched from the moment that this is made, so that no edit is missed.

    `on_silence` is told why, once, where the system does not tell of edits, so that files are
    looked at again and again.
    """

    def __init__(self, paths: Sequence[Path], on_silence: Callable[[str], None]) -> None:
        self._watch = Watch(paths, on_silence)
        self._loader = Loader(paths)
        self.loaded = Loaded()
        """What is served: of refused edits the version before them."""

    def read(self) -> Loaded:
        """At the start; what changes later comes by `edits`. It takes a while for many files."""
        self.loaded = self._read()
        return self.loaded

    async def edits(self, stop: asyncio.Event) -> AsyncIterator[tuple[Loaded, Loaded]]:
        """What was served, and what is from now on, until `stop`; they may be the same."""
        while await self._watch.changed(stop):
            before = self.loaded
            loaded = await asyncio.to_thread(self._read)
            if before.documents.keys() - loaded.documents.keys():
                await wait(stop, _SURELY_GONE_S)
                loaded = await asyncio.to_thread(self._read)
            self.loaded = loaded
            yield before, loaded

    def _read(self) -> Loaded:
        return keep_good(self.loaded, self._loader.load())

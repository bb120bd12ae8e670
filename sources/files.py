"""The files of a service of sources: what they say is in force, now and after each edit."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from poplin.resources import Loaded
from poplin.watch import LiveDocuments, told

__all__ = ["Files"]


class Files:
    """Watched from the moment that this is made. Whoever `is_supervised` says nothing of what is
    wrong in them: the supervisor reads them too.
    """

    def __init__(self, paths: Sequence[Path], *, is_supervised: bool) -> None:
        self._is_supervised = is_supervised
        self._documents = LiveDocuments(paths, self._say_silent)

    async def follow(self, take: Callable[[Loaded], None], stop: asyncio.Event) -> None:
        """`take` is told at once, and then of each edit that changes a document."""
        loaded = await asyncio.to_thread(self._documents.read)
        self._tell(Loaded(), loaded)
        take(loaded)
        async for before, loaded in self._documents.edits(stop):
            self._tell(before, loaded)
            if loaded.documents != before.documents:
                take(loaded)

    def _tell(self, before: Loaded, loaded: Loaded) -> None:
        if self._is_supervised:
            return
        log = structlog.get_logger()
        for text, level in told(before, loaded):
            getattr(log, level)(text)

    def _say_silent(self, why: str) -> None:
        if not self._is_supervised:
            structlog.get_logger().warning(
                "the system does not tell of edits, so files are looked at again and again", why=why
            )

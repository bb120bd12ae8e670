"""An edit of the files takes effect: watched, read, published, told."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis

from poplin.resources import Loaded
from poplin.waiting import wait
from poplin_cli.up.announce import announce
from poplin_cli.up.files import Files
from poplin_cli.up.output import Output
from poplin_cli.up.publishing import Publisher
from poplin_cli.up.watch import Watch

__all__ = ["LiveFiles"]

_SURELY_GONE_S = 0.25
"""What is not there may be on its way: some editors remove a file and write it again."""


class LiveFiles:
    """Watched from the moment that this is made, so that no edit is missed."""

    def __init__(self, paths: Sequence[Path], output: Output) -> None:
        self._output = output
        self._watch = Watch(paths, self._say_silent)
        self._files = Files(paths, output)

    @property
    def loaded(self) -> Loaded:
        return self._files.loaded

    def read(self) -> Loaded:
        """At the start; what changes later comes by `follow`."""
        self._files.take(self._files.read())
        return self._files.loaded

    async def follow(
        self, redis: Redis, publisher: Publisher, removed_kept_s: float, stop: asyncio.Event
    ) -> None:
        while await self._watch.changed(stop):
            before = self._files.loaded
            loaded = await asyncio.to_thread(self._files.read)
            if before.documents.keys() - loaded.documents.keys():
                await wait(stop, _SURELY_GONE_S)
                loaded = await asyncio.to_thread(self._files.read)
            self._files.take(loaded)
            if loaded.documents == before.documents:
                continue
            found = await publisher.publish(loaded, stop)
            if found is not None:
                await announce(redis, self._output, found, removed_kept_s)

    def _say_silent(self, why: str) -> None:
        self._output.say(
            f"the system does not tell of edits, so files are looked at again and again: {why}",
            level="warning",
        )

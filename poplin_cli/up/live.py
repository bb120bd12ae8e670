"""An edit of the files takes effect: watched, read, published, told."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from redis.asyncio import Redis

from poplin.resources import Loaded
from poplin.watch import LiveDocuments, told
from poplin_cli.up.announce import announce
from poplin_cli.up.output import Output
from poplin_cli.up.publishing import Publisher

__all__ = ["LiveFiles"]

OnEdit = Callable[[Loaded, Loaded], None]
"""What was served, and what is from now on."""


class LiveFiles:
    """Watched from the moment that this is made, so that no edit is missed."""

    def __init__(self, paths: Sequence[Path], output: Output) -> None:
        self._paths = paths
        self._output = output
        self._documents = LiveDocuments(paths, self._say_silent)

    @property
    def loaded(self) -> Loaded:
        return self._documents.loaded

    def read(self) -> Loaded:
        """At the start; what changes later comes by `follow`."""
        loaded = self._documents.read()
        self._tell(Loaded(), loaded)
        return loaded

    async def follow(
        self,
        redis: Redis,
        publisher: Publisher,
        removed_kept_s: float,
        on_edit: OnEdit,
        stop: asyncio.Event,
    ) -> None:
        """`on_edit` is told of an edit before it is published, which waits for the store."""
        async for before, loaded in self._documents.edits(stop):
            self._tell(before, loaded)
            if loaded.documents == before.documents:
                continue
            on_edit(before, loaded)
            found = await publisher.publish(loaded, stop)
            if found is not None:
                await announce(redis, self._output, found, removed_kept_s)

    def _tell(self, before: Loaded, loaded: Loaded) -> None:
        for text, level in told(before, loaded):
            self._output.say(text, level=level)
        if before.brokers and not loaded.brokers:
            where = ", ".join(map(str, self._paths))
            self._output.say(
                f"no Broker is left in {where}: every event is refused until there is one",
                level="warning",
            )

    def _say_silent(self, why: str) -> None:
        self._output.say(
            f"the system does not tell of edits, so files are looked at again and again: {why}",
            level="warning",
        )

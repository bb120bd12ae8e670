"""The service of the sources beneath `poplin up`: started when the files hold the first source."""

import asyncio
import socket
from collections.abc import Callable, Collection

from poplin.errors import ConfigurationError
from poplin.process import listening_socket, url_of
from poplin.resources import Loaded
from poplin.resources.source_models import SOURCE_KINDS, WEBHOOK_KINDS
from poplin_cli.up.output import Output
from poplin_cli.up.supervisor import Process

__all__ = ["Webhooks", "is_without_source"]


def is_without_source(loaded: Loaded) -> bool:
    """No source stands in the files, nor may one stand where nothing can be read."""
    return not _holds_source(loaded) and not any(each.hides for each in loaded.problems)


def _holds_source(loaded: Loaded, kinds: Collection[str] = SOURCE_KINDS) -> bool:
    """One that is refused too: people are to see why, and its provider is to hear 503."""
    found = [each.kind for each in loaded.sources] + [each.kind for each in loaded.refused]
    return any(kind in kinds for kind in found)


class Webhooks:
    """Binds the receiver's port, and keeps the process running that `start` makes for it."""

    def __init__(
        self, host: str, port: int, output: Output, start: Callable[[socket.socket], Process]
    ) -> None:
        self._host = host
        self._port = port
        self._output = output
        self._start = start
        self._listener: socket.socket | None = None
        self._running: asyncio.Task[None] | None = None

    @property
    def url(self) -> str | None:
        """Of the receiver, once its port is bound; without a slash at its end."""
        return None if self._listener is None else url_of(self._listener)

    def bind(self, loaded: Loaded) -> None:
        """If the files hold a source. Raises ConfigurationError."""
        if self._listener is None and _holds_source(loaded):
            self._listener = self._bound(needs_port=_holds_source(loaded, WEBHOOK_KINDS))

    def _bound(self, *, needs_port: bool) -> socket.socket:
        """Timers and watches share the process, and do not wait for a port that they do not need."""
        try:
            return listening_socket(self._host, self._port, option="--webhook-port")
        except ConfigurationError as error:
            if needs_port:
                raise
            listener = listening_socket(self._host, 0, option="--webhook-port")
            url = url_of(listener)
            self._output.say(f"webhooks would be received at {url}: {error}", level="warning")
            return listener

    def serve(self, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        """Until `stop`, if the port is bound and nobody serves it yet."""
        if self._listener is not None and self._running is None:
            process = self._start(self._listener)
            self._running = tasks.create_task(process.run(stop), name=process.spec.name)

    def follow(self, loaded: Loaded, tasks: asyncio.TaskGroup, stop: asyncio.Event) -> None:
        """After an edit: that the port cannot be had is told, and the next edit tries again."""
        try:
            self.bind(loaded)
        except ConfigurationError as error:
            self._output.say(f"no webhook is received: {error}", level="error")
        self.serve(tasks, stop)

    async def ended(self) -> None:
        """It has finished what was under way."""
        if self._running is not None:
            await asyncio.wait({self._running})

"""What is true of the sources, written to the store for people to see."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog
from redis.asyncio import Redis

from poplin.catalog import SourceStatus, leave_sources, read_sources, write_sources
from poplin.errors import StoreUnavailableError
from poplin.waiting import wait
from poplin.watch import Level

__all__ = ["Statuses"]

_LOOK_S = 2.0
_AGAIN_S = 5.0
"""Though nothing changed: so that it is seen to be alive, and a store that lost all has it again."""


class Statuses:
    """Writes what has changed, every two seconds at most but for an edit. While the store is away
    it waits: no webhook depends on it.

    `current` gives None until there is something to write. `go_on_from` is told once, before the
    first writing, of what the store had.
    """

    def __init__(
        self,
        redis: Redis,
        current: Callable[[], Sequence[SourceStatus] | None],
        go_on_from: Callable[[Mapping[str, SourceStatus]], None],
    ) -> None:
        self._redis = redis
        self._current = current
        self._go_on_from = go_on_from
        self._news = asyncio.Event()
        self._has_read = False
        self._written: Sequence[SourceStatus] | None = None
        self._again_at = 0.0
        self._said: set[str] = set()

    def wake(self) -> None:
        """Look at once: there was an edit, or this is the end."""
        self._news.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, of which `wake` tells; then nobody need wait to see that it ended."""
        while not stop.is_set():
            self._news.clear()
            await self._try(self._write)
            await wait(self._news, _LOOK_S)
        await self._try(self._leave)

    async def _write(self) -> None:
        if not self._has_read:
            self._go_on_from((await read_sources(self._redis)).statuses)
            self._has_read = True
        current = self._current()
        now = asyncio.get_running_loop().time()
        if current is None or (current == self._written and now < self._again_at):
            return
        await write_sources(self._redis, current)
        self._written = current
        self._again_at = now + _AGAIN_S

    async def _leave(self) -> None:
        await leave_sources(self._redis)

    async def _try(self, what: Callable[[], Awaitable[None]]) -> None:
        """Never raises: nobody shall lose a webhook because its status cannot be written."""
        try:
            await what()
        except StoreUnavailableError as error:
            if not self._has_read:  # later the client itself says it
                self._say_once("warning", "waiting for the store; webhooks go on without it", error)
        except Exception as error:  # noqa: BLE001 - a store that forbids it, or foreign data
            self._say_once("error", "statuses of sources are not written: the store refuses", error)

    def _say_once(self, level: Level, what: str, error: Exception) -> None:
        if what not in self._said:
            self._said.add(what)
            getattr(structlog.get_logger(), level)(what, why=str(error))

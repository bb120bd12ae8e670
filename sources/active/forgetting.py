"""A source that is gone: what is kept of it is forgotten, after a while."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from poplin.waiting import wait
from sources.active.trying import keep_trying
from sources.causes import words
from sources.turn import Held, Turn

__all__ = ["Forgetting"]


class Forgetting:
    """Of one source, by its key. In the source's own turn: no process with older files, or with
    others, works on it meanwhile. An editor may save in two steps, so `end` calls it off.
    """

    def __init__(
        self, key: str, turn: Turn, forget: Callable[[Held], Awaitable[None]], after_s: float
    ) -> None:
        self._key = key
        self._turn = turn
        self._forget = forget
        self._after_s = after_s
        self._ended = asyncio.Event()

    def end(self) -> None:
        self._ended.set()

    async def run(self) -> None:
        """Until it is forgotten, or `end`."""
        if not await wait(self._ended, self._after_s):
            await self._turn.run(self._ended, self._work)

    async def _work(self, held: Held) -> None:
        await keep_trying(lambda: self._forget(held), self._failed)
        structlog.get_logger().info("a source is forgotten: it is gone", source=self._key)
        self._ended.set()

    def _failed(self, error: BaseException) -> None:
        structlog.get_logger().warning(
            "a source that is gone is not forgotten yet", source=self._key, why=words(error)
        )

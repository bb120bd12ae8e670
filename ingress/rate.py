"""`poplin.dev/rate-limit`: so many events a second, over all ingress processes together."""

import asyncio
from collections.abc import Sequence

from poplin.errors import PoplinError, StoreRefusesError, StoreUnavailableError
from poplin.log import Appends, Entry, Keyed, Log
from poplin.log.appender import Done, tell

__all__ = ["LimitedAppender", "RateLimitedError"]

_BATCH = 256

_Waiting = tuple[Sequence[Entry], Done, Sequence[Keyed]]


class RateLimitedError(PoplinError):
    """The broker's limit is reached; `wait_s` says when there is room again."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class LimitedAppender:
    """In the place of a broker's appender: what passes goes on to it.

    Requests that wait together share one call, and pass in the order in which they came. An
    event that passes and is then not stored counts all the same.
    """

    def __init__(self, appender: Appends, log: Log, rate: int) -> None:
        self.appender = appender
        self._log = log
        self.rate = rate
        self._waiting: list[_Waiting] = []
        self._flusher: asyncio.Task[None] | None = None

    @property
    def partitions(self) -> int:
        """As Appends."""
        return self.appender.partitions

    def add(self, entries: Sequence[Entry], done: Done, keys: Sequence[Keyed], /) -> None:
        """As Appends.add; `done` may also be called with RateLimitedError."""
        self._waiting.append((entries, done, keys))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="limit rate")

    async def close(self) -> None:
        """Wait for the requests under way; the appender is closed by its owner."""
        if self._flusher is not None:
            await self._flusher

    async def _flush(self) -> None:
        await asyncio.sleep(0)
        while self._waiting:
            batch, self._waiting = self._waiting[:_BATCH], self._waiting[_BATCH:]
            try:
                passed, wait_s = await self._log.take(
                    self.rate, [len(entries) for entries, _, _ in batch]
                )
            except StoreUnavailableError as error:
                _refuse(batch, error)
            except Exception as error:  # noqa: BLE001 - everyone who waits must be answered
                _refuse(batch, StoreRefusesError(f"the store refuses: {error}"))
            else:
                for waiting in batch[:passed]:
                    self.appender.add(*waiting)
                self._limit(batch[passed:], wait_s)
        self._flusher = None

    def _limit(self, batch: Sequence[_Waiting], wait_s: float) -> None:
        for entries, done, _ in batch:
            text = f"its limit of {self.rate} events a second (poplin.dev/rate-limit) is reached"
            tell(done, RateLimitedError(text, wait_s))
            # Whoever came later is to come back later.
            wait_s += len(entries) / self.rate


def _refuse(batch: Sequence[_Waiting], error: PoplinError) -> None:
    for _, done, _ in batch:
        tell(done, error)

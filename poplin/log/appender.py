"""Group commit: whoever waits together shares one append."""

import asyncio
from collections.abc import Callable, Sequence

from poplin.errors import PoplinError, StoreUnavailableError
from poplin.log.log import Log
from poplin.log.values import Entry

__all__ = ["Appender", "BrokerGoneError"]

_BATCH = 256
_BATCH_BYTES = 4 * 1024 * 1024
_BUSY = 8
_GATHER_S = 0.002

Done = Callable[[PoplinError | None], None]


class BrokerGoneError(PoplinError):
    """The broker was removed after the request was matched to it."""


class Appender:
    """Appends to one partition, one batch at a time; what arrives meanwhile is the next batch."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: list[tuple[Sequence[Entry], Done]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._last_count = 0

    def add(self, entries: Sequence[Entry], done: Done) -> None:
        """Append all or none of the entries, soon. `done` is called with None when they are on
        disk, else with BrokerGoneError, or StoreUnavailableError: then they may or may not be.
        """
        self._waiting.append((entries, done))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="append")

    async def append(self, entry: Entry) -> None:
        """Returns when the entry is on disk, or raises what `add` would tell."""
        stored: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def done(failure: PoplinError | None) -> None:
            if stored.done():
                return  # the caller was cancelled
            if failure is None:
                stored.set_result(None)
            else:
                stored.set_exception(failure)

        self.add((entry,), done)
        await stored

    async def close(self) -> None:
        """Wait for the batches under way."""
        if self._flusher is not None:
            await self._flusher

    async def _flush(self) -> None:
        # One turn of the loop lets every request that has been read join the batch; where the
        # last batch had many, two milliseconds let those join whose producers were just answered.
        await asyncio.sleep(_GATHER_S if self._last_count >= _BUSY else 0)
        while self._waiting:
            batch = self._next_batch()
            self._last_count = len(batch)
            failure = await self._append([entry for entries, _ in batch for entry in entries])
            if isinstance(failure, StoreUnavailableError):
                # Nobody waits for one failed call after another: the rest was not sent at all.
                batch, self._waiting = batch + self._waiting, []
            for _, done in batch:
                done(failure)
        self._flusher = None

    async def _append(self, entries: list[Entry]) -> PoplinError | None:
        try:
            ids = await self._log.append(entries)
        except StoreUnavailableError as error:
            return error
        except Exception as error:  # noqa: BLE001 - everyone who waits must be answered
            return StoreUnavailableError(f"the store refuses the append: {error}")
        return BrokerGoneError("the broker is gone") if ids is None else None

    def _next_batch(self) -> list[tuple[Sequence[Entry], Done]]:
        count = entries = size = 0
        for added, _ in self._waiting[:_BATCH]:
            entries += len(added)
            for attributes, headers, data in added:
                size += len(attributes) + len(headers or b"") + len(data)
            if count and (entries > _BATCH or size > _BATCH_BYTES):
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

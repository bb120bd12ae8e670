"""Group commit: whoever waits together shares one append."""

import asyncio

from poplin.errors import PoplinError, StoreUnavailableError
from poplin.log.log import Log
from poplin.log.values import Entry

__all__ = ["Appender", "BrokerGoneError"]

_BATCH = 256
_BATCH_BYTES = 4 * 1024 * 1024
_BUSY = 4
_GATHER_S = 0.001


class BrokerGoneError(PoplinError):
    """The broker was removed after the request was matched to it."""


class Appender:
    """Appends to one partition, one batch at a time; what arrives meanwhile is the next batch."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: list[tuple[Entry, asyncio.Future[None]]] = []
        self._flusher: asyncio.Task[None] | None = None

    async def append(self, entry: Entry) -> None:
        """Returns when the entry is on disk.

        Raises BrokerGoneError, or StoreUnavailableError: then the entry may or may not be kept.
        A caller that is cancelled leaves its entry in the batch: harmless, it was never answered.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entry, done))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="append")
        await done

    async def close(self) -> None:
        """Wait for the batches under way."""
        if self._flusher is not None:
            await self._flusher

    async def _flush(self) -> None:
        # One turn of the loop lets every request that has been read join the batch.
        await asyncio.sleep(0)
        while self._waiting:
            failure: PoplinError | None
            batch = self._next_batch()
            try:
                ids = await self._log.append([entry for entry, _ in batch])
                failure = None if ids is not None else BrokerGoneError("the broker is gone")
            except StoreUnavailableError as error:
                failure = error
            except Exception as error:  # noqa: BLE001 - everyone who waits must be answered
                failure = StoreUnavailableError(f"the store refuses the append: {error}")
            for _, done in batch:
                if done.done():
                    continue
                if failure is None:
                    done.set_result(None)
                else:
                    done.set_exception(failure)
            if len(batch) >= _BUSY:
                # The answered send again: a moment later they share one append, not several.
                await asyncio.sleep(_GATHER_S)
        self._flusher = None

    def _next_batch(self) -> list[tuple[Entry, asyncio.Future[None]]]:
        count = size = 0
        for (attributes, headers, data), _ in self._waiting[:_BATCH]:
            size += len(attributes) + len(headers or b"") + len(data)
            if count and size > _BATCH_BYTES:
                break
            count += 1
        batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

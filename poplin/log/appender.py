"""Group commit: whoever waits together shares one append."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Protocol

from poplin.errors import PoplinError, StoreRefusesError, StoreUnavailableError
from poplin.log.values import Entry, LogId

__all__ = ["Appender", "Appends", "BrokerGoneError", "Done", "Keyed", "Partition", "tell"]

_BATCH = 256
_BATCH_BYTES = 4 * 1024 * 1024
_BUSY = 8
_GATHER_S = 0.002

Done = Callable[[PoplinError | None], None]


class BrokerGoneError(PoplinError):
    """The broker was removed after the request was matched to it."""


class Partition(Protocol):
    """What is appended to."""

    async def append(self, entries: Sequence[Entry], /) -> list[LogId] | None:
        """As Log has it."""


class Keyed(Protocol):
    """What an entry was made of: the same key always goes to the same partition."""

    @property
    def partition_key(self) -> str:
        """'' for none."""

    @property
    def order_key(self) -> str:
        """That, else the source."""

    @property
    def identity(self) -> str:
        """Source and id."""


class Appends(Protocol):
    """A broker's log, for those who add to it. Entry and key are of the same event."""

    @property
    def partitions(self) -> int:
        """Over how many partitions entries are spread."""

    def add(self, entries: Sequence[Entry], done: Done, keys: Sequence[Keyed], /) -> None:
        """Append the entries, soon. `done` is called once: with None when all are on disk, else
        with BrokerGoneError, or StoreUnavailableError: then any of them may be stored or not.
        """

    async def append(self, entry: Entry, key: Keyed, /) -> None:
        """Returns when the entry is on disk, or raises what `add` would tell."""

    def fits(self, partitions: int, *, keyed: bool, window_s: float | None = None) -> bool:
        """Whether it would spread entries over so many partitions, by that key, and drop repeats
        in that window.
        """

    async def close(self) -> None:
        """Wait for the batches under way."""


class Appender:
    """Appends one batch at a time; what arrives meanwhile is the next batch.

    Of several partitions each batch goes to the next one: keys are not heeded.
    """

    def __init__(self, *logs: Partition, window_s: float | None = None) -> None:
        self.partitions = len(logs)
        self._logs = cycle(logs)
        self._window_s = window_s
        """In which the logs drop repeats."""
        self._waiting: list[tuple[Sequence[Entry], Done]] = []
        self._flusher: asyncio.Task[None] | None = None
        self._last_count = 0

    def add(self, entries: Sequence[Entry], done: Done, _keys: Sequence[Keyed] = ()) -> None:
        """As `Appends` has it; all of the entries are stored or none."""
        self._waiting.append((entries, done))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush(), name="append")

    async def append(self, entry: Entry, _key: Keyed | None = None) -> None:
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

    def fits(self, partitions: int, *, keyed: bool, window_s: float | None = None) -> bool:  # noqa: ARG002 - one has every key
        return (partitions, window_s) == (self.partitions, self._window_s)

    async def close(self) -> None:
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
                tell(done, failure)
        self._flusher = None

    async def _append(self, entries: list[Entry]) -> PoplinError | None:
        try:
            ids = await next(self._logs).append(entries)
        except StoreUnavailableError as error:
            return error
        except Exception as error:  # noqa: BLE001 - everyone who waits must be answered
            return StoreRefusesError(f"the store refuses the append: {error}")
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


def tell(done: Done, failure: PoplinError | None) -> None:
    """One who cannot bear the answer must not keep it from the others."""
    try:
        done(failure)
    except Exception as error:  # noqa: BLE001 - whatever it was, it is theirs
        asyncio.get_running_loop().call_exception_handler(
            {"message": "the answer to an append was not taken", "exception": error}
        )

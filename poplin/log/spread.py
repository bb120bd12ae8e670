"""Which partition an event goes to: the one of its key, or whichever has its turn.

The key is what must meet in one place: events whose order matters, or an event and its repeats.
"""

from collections.abc import Callable, Sequence
from operator import attrgetter
from zlib import crc32

from poplin.errors import PoplinError
from poplin.log.appender import Appender, Appends, Done, Keyed, Partition
from poplin.log.log import Log
from poplin.log.once import Once, Repeated, unheard
from poplin.log.values import Entry

__all__ = ["Spread", "partition_of", "spread"]


def spread(
    logs: Sequence[Log],
    *,
    keyed: bool = False,
    window_s: float | None = None,
    repeated: Repeated = unheard,
) -> Appends:
    """What appends to these partitions. One alone costs nothing extra: its keys are not read.

    Where they are `keyed` every event goes by its key, for some trigger wants it in order. With a
    window repeats are dropped, and `repeated` hears how many.
    """
    parts: Sequence[Partition] = logs
    if window_s is not None:
        parts = [Once(log, window_s, repeated) for log in logs]
    if len(parts) == 1:
        return Appender(*parts, window_s=window_s)
    return Spread(parts, keyed=keyed, window_s=window_s)


def partition_of(key: str, partitions: int) -> int:
    """The same in every process and release: a key must not move while its events wait."""
    return crc32(key.encode()) % partitions


class Spread:
    """Appends to several partitions: by partitionkey, and those that have none in turns, or by
    their source where the partitions are `keyed`. Else, with a window, by source and id, so that
    an event meets its repeats.

    Turns are taken batch by batch, so group commit stays as cheap as with one partition. Entries
    that are added together and go to different partitions are different appends: when one of
    them fails the others may be stored.
    """

    def __init__(self, logs: Sequence[Partition], *, keyed: bool, window_s: float | None) -> None:
        self.partitions = len(logs)
        self._way = (len(logs), keyed, window_s)
        self._key_of = _key(keyed=keyed, is_once=window_s is not None)
        self._keyed = [Appender(log) for log in logs]
        self._keyless = Appender(*logs)

    def add(self, entries: Sequence[Entry], done: Done, keys: Sequence[Keyed]) -> None:
        if len(entries) == 1:  # nearly always
            self._of(keys[0]).add(entries, done)
            return
        parts: dict[Appender, list[Entry]] = {}
        for entry, key in zip(entries, keys, strict=True):
            parts.setdefault(self._of(key), []).append(entry)
        told = _AllDone(len(parts), done)
        for appender, part in parts.items():
            appender.add(part, told)

    async def append(self, entry: Entry, key: Keyed) -> None:
        await self._of(key).append(entry)

    def fits(self, partitions: int, *, keyed: bool, window_s: float | None = None) -> bool:
        return (partitions, keyed, window_s) == self._way

    async def close(self) -> None:
        for appender in (self._keyless, *self._keyed):
            await appender.close()

    def _of(self, key: Keyed) -> Appender:
        text = self._key_of(key)
        return self._keyed[partition_of(text, self.partitions)] if text else self._keyless


def _key(*, keyed: bool, is_once: bool) -> Callable[[Keyed], str]:
    if keyed:
        return attrgetter("order_key")
    return attrgetter("identity" if is_once else "partition_key")


class _AllDone:
    """Calls `done` when every part has ended, with the first failure if there was one."""

    def __init__(self, parts: int, done: Done) -> None:
        self._left = parts
        self._done = done
        self._failure: PoplinError | None = None

    def __call__(self, failure: PoplinError | None) -> None:
        self._left -= 1
        self._failure = self._failure or failure
        if self._left == 0:
            self._done(self._failure)

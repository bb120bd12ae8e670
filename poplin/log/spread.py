"""Which partition an event goes to: the one of its key, or whichever has its turn."""

from collections.abc import Sequence
from zlib import crc32

from poplin.errors import PoplinError
from poplin.log.appender import Appender, Appends, Done, Keyed
from poplin.log.log import Log
from poplin.log.values import Entry

__all__ = ["Spread", "partition_of", "spread"]


def spread(logs: Sequence[Log], *, keyed: bool = False) -> Appends:
    """What appends to these partitions. One alone costs nothing extra: its keys are not read.

    Where they are `keyed` every event goes by its key, for some trigger wants it in order.
    """
    return Appender(*logs) if len(logs) == 1 else Spread(logs, keyed=keyed)


def partition_of(key: str, partitions: int) -> int:
    """The same in every process and release: a key must not move while its events wait."""
    return crc32(key.encode()) % partitions


class Spread:
    """Appends to several partitions: by partitionkey, and those that have none in turns, or by
    their source where the partitions are `keyed`.

    Turns are taken batch by batch, so group commit stays as cheap as with one partition. Entries
    that are added together and go to different partitions are different appends: when one of
    them fails the others may be stored.
    """

    def __init__(self, logs: Sequence[Log], *, keyed: bool) -> None:
        self.partitions = len(logs)
        self._is_keyed = keyed
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

    def fits(self, partitions: int, *, keyed: bool) -> bool:
        return (partitions, keyed) == (self.partitions, self._is_keyed)

    async def close(self) -> None:
        for appender in (self._keyless, *self._keyed):
            await appender.close()

    def _of(self, key: Keyed) -> Appender:
        text = key.order_key if self._is_keyed else key.partition_key
        return self._keyed[partition_of(text, self.partitions)] if text else self._keyless


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

"""Each event once in a window: what a producer repeats is dropped."""

from collections.abc import Callable, Sequence
from hashlib import blake2b

from poplin.codec import from_entry
from poplin.log.log import Log
from poplin.log.values import Entry, LogId

__all__ = ["Once", "Repeated", "digest_of", "unheard"]

_DIGEST_BYTES = 16
"""At 10^12 remembered events the chance that two of them share one is 1 in 10^15."""

Repeated = Callable[[int], None]
"""Told how many events were repeats, after they were dropped."""


def unheard(_repeats: int) -> None:
    """For whom it does not matter."""


class Once:
    """A partition, for those who append to it: repeats are as good as appended."""

    def __init__(self, log: Log, window_s: float, repeated: Repeated) -> None:
        self._log = log
        self._window_ms = round(window_s * 1000)
        self._repeated = repeated

    async def append(self, entries: Sequence[Entry]) -> list[LogId] | None:
        """As Log has it; the id of a repeat is that of the first."""
        digests = [digest_of(entry) for entry in entries]
        appended = await self._log.append_once(entries, digests, self._window_ms)
        if appended is None:
            return None
        if appended.repeats:
            self._repeated(appended.repeats)
        return appended.ids


def digest_of(entry: Entry) -> bytes:
    """Of the event's identity, whatever its source and its id are made of, and however long."""
    identity = from_entry(entry.attributes, None, b"").identity
    return blake2b(identity.encode(), digest_size=_DIGEST_BYTES).digest()

"""Watching the usage of many partitions at a bounded cost."""

from collections.abc import Mapping, Sequence

from poplin.log.keys import Keys
from poplin.log.log import Log
from poplin.log.values import Usage

__all__ = ["Meter"]

_MOST = 256


class Meter:
    """The latest usage of each partition. A look measures at most 256 of them, in turn: about
    10 ms of the store. What a partition keeps is measured where more than `above` is used.
    """

    def __init__(self, above: float) -> None:
        self._above = above
        self._latest: dict[Keys, Usage] = {}
        self._next = 0

    async def look(self, logs: Sequence[Log]) -> Mapping[Keys, Usage]:
        """Raises StoreUnavailableError; the next look begins where this one would have."""
        start = self._next if self._next < len(logs) else 0
        turn = [*logs[start:], *logs[:start]][:_MOST]
        measured = {log.keys: await log.usage(self._above) for log in turn}
        kept = {log.keys: self._latest[log.keys] for log in logs if log.keys in self._latest}
        self._latest = kept | measured
        self._next = start + len(turn)
        return self._latest

"""Entries of the log that are routed in one call: who wants them, and the room taken for them."""

from collections.abc import Collection, Container, Iterator, Mapping

from dispatcher.delivery import held_bytes
from dispatcher.lane import Lane
from poplin.log import Entry, LogId, Matches
from poplin.log.journal import encode_routed

__all__ = ["Stretch"]

_MOST_MATCHES = 1000
"""Keeps the script short; one entry may have more."""


class Stretch:
    """Gathered entry by entry. `reserve` comes before the call, for while it runs others may take
    the same places and memory; `give_back` after one that routed nothing.
    """

    def __init__(self, ordered: Container[str] = ()) -> None:
        """`ordered` are the triggers whose events line up by key: only a lease tells which of
        them may be attempted."""
        self._ordered = ordered
        self.entries: list[tuple[LogId, Entry]] = []
        self.matches: dict[str, Matches] = {}
        self._event_ids: list[str] = []
        self._found = 0
        self._lanes: dict[str, Lane] = {}
        self._sizes: dict[LogId, int] = {}

    @property
    def last(self) -> LogId:
        return self.entries[-1][0]

    def has_room(self, wanted: Collection[str]) -> bool:
        return not self.entries or self._found + len(wanted) <= _MOST_MATCHES

    @property
    def journal(self) -> bytes:
        return encode_routed([log_id for log_id, _ in self.entries], self._event_ids)

    def add(self, entry: tuple[LogId, Entry], wanted: Collection[str], event_id: str) -> None:
        for uid in wanted:
            if uid not in self.matches:
                self.matches[uid] = Matches(is_ordered=uid in self._ordered)
            self.matches[uid].ids.append(entry[0])
        self.entries.append(entry)
        self._event_ids.append(event_id)
        self._found += len(wanted)

    def reserve(self, lanes: Mapping[str, Lane]) -> None:
        # As they are now: while the script runs, a trigger may go, or come back as another lane.
        self._lanes = {uid: lanes[uid] for uid in self.matches if uid in lanes}
        self._sizes = {log_id: held_bytes(entry) for log_id, entry in self.entries}
        for lane, match in self._wanted():
            # Behind a backlog a new entry waits its turn.
            if not (lane.trigger.waiting or match.is_ordered):
                match.leased = lane.trigger.reserve(self._sizes[log_id] for log_id in match.ids)

    def give_back(self) -> None:
        for lane, match in self._wanted():
            lane.trigger.end([self._sizes[log_id] for log_id in match.ids[: match.leased]])

    def leased(self) -> Iterator[tuple[Lane, LogId, Entry]]:
        """What may start."""
        entries = dict(self.entries)
        for lane, match in self._wanted():
            for log_id in match.ids[: match.leased]:
                yield lane, log_id, entries[log_id]

    def queue_rest(self) -> None:
        """Of what may not, the lanes wait for their turn."""
        for lane, match in self._wanted():
            if match.leased < len(match.ids):
                lane.wait_turn()

    def _wanted(self) -> Iterator[tuple[Lane, Matches]]:
        for uid, lane in self._lanes.items():
            yield lane, self.matches[uid]

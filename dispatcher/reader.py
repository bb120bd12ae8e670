"""Log → route: read what is new, find who wants it, queue it, and take what there is room for."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
from redis.asyncio import Redis

from dispatcher.delivery import Delivery, held_bytes
from dispatcher.lane import Lane
from poplin.errors import StoreUnavailableError
from poplin.filters import FilterIndex
from poplin.log import Entry, Log, LogId, Matches, Position
from poplin.waiting import wait

__all__ = ["Reader", "TriggerSet"]

_BLOCK_S = 0.5
_HOLD_S = 2.0
_PAUSE_S = 0.2
_MOST_MATCHES = 1000
_FIRST_READ = 16
_READ_BYTES = 8 * 1024 * 1024


class TriggerSet:
    """The triggers of one broker at one generation, compiled."""

    def __init__(self, generation: int, index: FilterIndex[str]) -> None:
        self.generation = generation
        self.index = index


class Reader:
    """Routes one partition. `start` begins a delivery whose window place is already taken."""

    def __init__(
        self,
        log: Log,
        blocking: Redis,
        lanes: Mapping[str, Lane],
        *,
        count: int,
        start: Callable[[Delivery], None],
        overflow: Callable[[Lane], None],
    ) -> None:
        self._log = log
        self._blocking = blocking
        self._lanes = lanes
        self._most = count
        self._count = min(count, _FIRST_READ)
        self._start = start
        self._overflow = overflow
        self._name = uuid.uuid4().hex
        self.triggers = TriggerSet(-1, FilterIndex(()))

    async def run(self, stop: asyncio.Event, refresh: Callable[[], Awaitable[object]]) -> None:
        """Route until `stop`. `refresh` is asked for a newer trigger set when ours is old."""
        position: Position | None = None
        claimed_until = 0.0
        loop = asyncio.get_running_loop()
        while not stop.is_set():
            try:
                if loop.time() > claimed_until - _HOLD_S / 2:
                    claimed_until = loop.time() + _HOLD_S
                    if not await self._log.claim_reader(self._name, _HOLD_S):
                        claimed_until, position = 0.0, None
                        await wait(stop, _HOLD_S / 4)
                        continue
                if position is None:
                    position = await self._position(stop, refresh)
                    continue
                entries = await self._log.read(
                    position.cursor, self._count, _BLOCK_S, self._blocking
                )
                if entries:
                    self._count = self._next_count(entries)
                    position = await self._route_all(position, entries)
            except StoreUnavailableError:
                position = None
                await wait(stop, _PAUSE_S)

    async def _position(
        self, stop: asyncio.Event, refresh: Callable[[], Awaitable[object]]
    ) -> Position | None:
        """Where to read from, once our trigger set is as new as the one in force."""
        position = await self._log.position()
        if position.generation is None or position.generation > self.triggers.generation:
            await refresh()
            if position.generation is None or position.generation > self.triggers.generation:
                await wait(stop, _PAUSE_S)
                return None
        return position

    def _next_count(self, entries: Sequence[tuple[LogId, Entry]]) -> int:
        """The store reads by number, memory is bytes: so many as were 8 MiB the last time."""
        size = sum(len(entry.data) for _, entry in entries) // len(entries)
        wanted = 2 * self._count if len(entries) == self._count else self._count
        return max(1, min(self._most, wanted, _READ_BYTES // max(1, size)))

    async def _route_all(
        self, position: Position, entries: Sequence[tuple[LogId, Entry]]
    ) -> Position | None:
        """Route in stretches that keep a script short; None when the position must be read anew."""
        triggers = self.triggers
        matches: dict[str, Matches] = {}
        stretch: list[tuple[LogId, Entry]] = []
        found = 0
        for entry in entries:
            wanted = triggers.index.match(orjson.loads(entry[1].attributes))
            if stretch and found + len(wanted) > _MOST_MATCHES:
                moved = await self._route(position, triggers.generation, stretch, matches)
                if moved is None:
                    return None
                position, matches, stretch, found = moved, {}, [], 0
            for uid in wanted:
                matches.setdefault(uid, Matches()).ids.append(entry[0])
            stretch.append(entry)
            found += len(wanted)
        return await self._route(position, triggers.generation, stretch, matches)

    async def _route(
        self,
        position: Position,
        generation: int,
        stretch: Sequence[tuple[LogId, Entry]],
        matches: Mapping[str, Matches],
    ) -> Position | None:
        last = stretch[-1][0]
        sizes = {log_id: held_bytes(entry) for log_id, entry in stretch}
        self._reserve(matches, sizes)
        try:
            routed = await self._log.route(Position(position.cursor, generation), last, matches)
        except StoreUnavailableError:
            self._give_back(matches, sizes)
            raise
        if routed.token is None:
            self._give_back(matches, sizes)
            return None
        entries = dict(stretch)
        for uid, match in matches.items():
            lane = self._lanes.get(uid)
            if lane is None:
                continue
            for log_id in match.ids[: match.leased]:
                self._start(Delivery(lane, log_id, routed.token, entries[log_id]))
            if match.leased < len(match.ids):
                self._overflow(lane)
        return Position(last, generation)

    def _reserve(self, matches: Mapping[str, Matches], sizes: Mapping[LogId, int]) -> None:
        """Take places and memory first: while the script runs, others may take them too."""
        for uid, match in matches.items():
            lane = self._lanes.get(uid)
            # Behind a backlog a new entry waits its turn.
            if lane is not None and not lane.has_backlog:
                match.leased = lane.reserve([sizes[log_id] for log_id in match.ids])

    def _give_back(self, matches: Mapping[str, Matches], sizes: Mapping[LogId, int]) -> None:
        for uid, match in matches.items():
            lane = self._lanes.get(uid)
            if lane is not None:
                for log_id in match.ids[: match.leased]:
                    lane.end(sizes[log_id])

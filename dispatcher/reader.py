"""Log → route: read what is new, find who wants it, queue it, and take what there is room for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

import orjson
import structlog
from redis.asyncio import Redis

from dispatcher.delivery import Delivery
from dispatcher.lane import Lane
from dispatcher.stretch import Stretch
from dispatcher.tally import Tally
from dispatcher.trigger import ServedTrigger
from poplin.errors import StoreUnavailableError
from poplin.filters import FilterIndex
from poplin.log import BEGINNING, Entry, Log, LogId, Position, is_before
from poplin.waiting import wait

__all__ = ["Reader", "TriggerSet"]

_BLOCK_S = 0.5
_PAUSE_S = 0.2
_LOOK_BACK_S = 1.0
_FIRST_READ = 16
_READ_BYTES = 8 * 1024 * 1024


class TriggerSet:
    """The triggers of one broker at one generation, compiled, by uid."""

    def __init__(
        self, generation: int, index: FilterIndex[str], triggers: Mapping[str, ServedTrigger]
    ) -> None:
        self.generation = generation
        self.index = index
        self.triggers = triggers
        # Of this generation: a trigger that is edited meanwhile is no other here.
        self.ordered = frozenset(uid for uid, each in triggers.items() if each.record.is_ordered)


class Reader:
    """Routes one partition while that is ours. `start` begins a delivery whose place in the window
    is already taken.

    Two may read at once: `route` lets one of them win, and the other reads the position anew.
    """

    def __init__(
        self,
        log: Log,
        blocking: Redis,
        lanes: Mapping[str, Lane],
        *,
        count: int,
        start: Callable[[Delivery], None],
        tally: Tally,
    ) -> None:
        self._log = log
        self._blocking = blocking
        self._lanes = lanes
        self._most = count
        self._count = min(count, _FIRST_READ)
        self._start = start
        self._tally = tally
        self._is_ours = asyncio.Event()
        self._cursor = BEGINNING
        """How far the log was routed when we last looked."""
        self._is_missing = False
        self.triggers = TriggerSet(-1, FilterIndex(()), {})

    def assign(self, *, is_ours: bool) -> None:
        """Whether to read from now on, or leave it to another dispatcher."""
        if is_ours:
            self._is_ours.set()
        else:
            self._is_ours.clear()

    def wake(self) -> None:
        """Look at `stop` now."""
        self._is_ours.set()

    async def run(self, stop: asyncio.Event, refresh: Callable[[], Awaitable[object]]) -> None:
        """Route until `stop`. `refresh` is asked for a newer trigger set when ours is old."""
        position: Position | None = None
        loop, look_at = asyncio.get_running_loop(), 0.0
        while not stop.is_set():
            if not self._is_ours.is_set():
                position = None
                await self._blocking.aclose()  # what others read costs no connection here
                await self._is_ours.wait()
                continue
            try:
                if loop.time() > look_at:
                    # A store that lost writes has another cursor, and nobody tells.
                    position, look_at = None, loop.time() + _LOOK_BACK_S
                if position is None:
                    position = await self._position(stop, refresh)
                    continue
                entries = await self._log.read(
                    position.cursor, self._count, _BLOCK_S, self._blocking
                )
                if entries:
                    self._count = self._next_count(entries)
                # At the end another reads them, and need not wait until we give them back.
                if entries and self._is_ours.is_set() and not stop.is_set():
                    position = await self._route_all(position, entries)
            except StoreUnavailableError:
                position = None
                await wait(stop, _PAUSE_S)
        await self._blocking.aclose()

    async def _position(
        self, stop: asyncio.Event, refresh: Callable[[], Awaitable[object]]
    ) -> Position | None:
        """Where to read from, once our trigger set is as new as the one in force."""
        position = await self._log.position()
        await self._look_back(position)
        if position.generation is None or position.generation > self.triggers.generation:
            await refresh()
            if position.generation is None or position.generation > self.triggers.generation:
                await wait(stop, _PAUSE_S)
                return None
        return position

    async def _look_back(self, position: Position) -> None:
        """Say what only a store that lost writes does: a failover, a restore, a FLUSHALL."""
        is_routed = position.cursor != BEGINNING
        if is_before(position.cursor, self._cursor):
            self._say_lost(
                "warning" if is_routed else "critical",
                "the store has lost what was routed last; what it still has is routed again",
            )
        elif is_routed and not await self._log.exists():
            if not self._is_missing:
                self._say_lost("critical", "the log is gone from the store, with all its events")
            self._is_missing = True
        else:
            self._is_missing = False
        self._cursor = position.cursor

    def _say_lost(self, level: str, what: str) -> None:
        getattr(structlog.get_logger(), level)(
            what, broker=self._log.keys.broker, routed=self._cursor.decode()
        )

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
        stretch = Stretch(triggers.ordered)
        for entry in entries:
            attributes = orjson.loads(entry[1].attributes)
            wanted = triggers.index.match(attributes)
            if not stretch.has_room(wanted):
                moved = await self._route(position, triggers, stretch)
                if moved is None:
                    return None
                position, stretch = moved, Stretch(triggers.ordered)
            stretch.add(entry, wanted, str(attributes.get("id", "")))
        return await self._route(position, triggers, stretch)

    async def _route(
        self, position: Position, triggers: TriggerSet, stretch: Stretch
    ) -> Position | None:
        stretch.reserve(self._lanes)
        try:
            routed = await self._log.route(
                Position(position.cursor, triggers.generation),
                stretch.last,
                len(stretch.entries),
                stretch.matches,
                stretch.journal,
            )
        except StoreUnavailableError:
            stretch.give_back()
            raise
        if routed.token is None:
            stretch.give_back()
            return None
        broker, count = self._log.keys.broker, len(stretch.entries)
        self._tally.routed(broker, triggers, count, stretch.matches)
        for lane, log_id, entry in stretch.leased():
            self._start(Delivery(lane, log_id, routed.token, entry))
        stretch.queue_rest()
        self._cursor = stretch.last
        return Position(stretch.last, triggers.generation)

"""One partition's log: a typed method for each script and each read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from redis.asyncio import Redis

from poplin.log.keys import Keys
from poplin.log.scripts import Script
from poplin.log.values import (
    BEGINNING,
    LEASE_S,
    Appended,
    Burial,
    Deferral,
    Entry,
    Held,
    Leased,
    LogId,
    Matches,
    QueueFigures,
    Replayed,
    Routed,
    Token,
    Usage,
)
from poplin.log.words import by_trigger, in_order, read_entry, read_figures, read_leased
from poplin.store import translated

__all__ = ["Log", "Position"]

_LEASE_US = int(LEASE_S * 1e6)
_GAUGED = 100
_LOOKS = 20_000
"""Members that one call of gauge looks at, most: about 10 ms of the store."""
_Word = bytes | str | int


@dataclass(frozen=True, slots=True)
class Position:
    """How far the log is routed; `generation` is None when the broker is gone."""

    cursor: LogId
    generation: int | None


class Log:
    """The scripts of `scripts/`, each atomic; every method may be called from any task.

    Any method raises StoreUnavailableError when the store gives no answer; whether the change
    was made is then unknown. Settle, renew, defer, bury and route may be repeated safely: the
    token or the cursor refuses a second effect. Append may not: a repeat is a second event.
    Calls take at most 1,000 items.
    """

    def __init__(self, redis: Redis, broker: str, partition: int = 0) -> None:
        self._redis = redis
        self.keys = Keys(broker, partition)

    # In

    async def append(self, entries: Sequence[Entry]) -> list[LogId] | None:
        """The ids, or None when the broker is gone. On return the store has fsynced them."""
        words: list[_Word] = []
        for attributes, headers, data in entries:
            words += (attributes, headers or b"", data)
        keys = self.keys
        ids: list[LogId] | None = await _append(self._redis, (keys.log, keys.state), words)
        return ids

    async def append_once(
        self, entries: Sequence[Entry], digests: Sequence[bytes], window_ms: int
    ) -> Appended | None:
        """As `append`, but for entries whose digest was appended so less than the window ago: the
        store has fsynced those as well. Digests are remembered with the entries or not at all.
        """
        words: list[_Word] = [window_ms]
        for digest, (attributes, headers, data) in zip(digests, entries, strict=True):
            words += (digest, attributes, headers or b"", data)
        keys = self.keys
        answer = await _append_once(self._redis, (keys.log, keys.state, *keys.seen), words)
        if answer is None:
            return None
        repeats, *ids = answer
        return Appended(ids, int(repeats))

    async def take(self, rate: int, requests: Sequence[int]) -> tuple[int, float]:
        """Events out of the bucket of `rate` a second, so many for each request: how many of the
        requests pass, and seconds until one more would.
        """
        passed, wait_us = await _take(self._redis, (self.keys.rate,), (rate, *requests))
        return int(passed), int(wait_us) / 1e6

    async def fence(self, generation: int) -> int:
        """Raise the generation in force; returns the one in force now."""
        return int(await _fence(self._redis, (self.keys.state,), (generation,)))

    async def close(self) -> None:
        """The broker is gone: appends are refused, nothing is routed; queues stay."""
        with translated():
            await self._redis.hdel(self.keys.state, "generation")

    async def position(self) -> Position:
        with translated():
            state: Any = await self._redis.hmget(self.keys.state, ["cursor", "generation"])
        cursor, generation = state
        return Position(LogId(cursor or BEGINNING), None if generation is None else int(generation))

    async def exists(self) -> bool:
        """Is there a log? Trimmed to nothing there still is; before its first event there is not."""
        with translated():
            return bool(await self._redis.exists(self.keys.log))

    async def length(self) -> int:
        """How many events it holds."""
        with translated():
            return int(await self._redis.xlen(self.keys.log))

    # Routing

    async def read(
        self, cursor: LogId, count: int, block_s: float, reader: Redis | None = None
    ) -> list[tuple[LogId, Entry]]:
        """Entries after `cursor`, waiting up to `block_s` for the first. Never cancel it."""
        with translated():
            reply: Any = await (reader or self._redis).execute_command(
                "XREAD",
                "COUNT",
                count,
                "BLOCK",
                max(1, int(block_s * 1000)),  # 0 would block for ever
                "STREAMS",
                self.keys.log,
                cursor,
            )
        if not reply:
            return []
        entries = reply[0][1] if isinstance(reply, list) else next(iter(reply.values()))[0]
        return [(LogId(entry_id), read_entry(fields)) for entry_id, fields in entries]

    async def route(
        self,
        position: Position,
        last: LogId,
        count: int,
        matches: Mapping[str, Matches],
        journal: bytes = b"",
    ) -> Routed:
        """Queue the matches of the `count` entries from the position's cursor up to `last`.

        `position.generation` is the caller's trigger set. Keep to about 1,000 matches.
        """
        keys = self.keys
        ordered = [uid for uid, match in matches.items() if match.is_ordered]
        uids = [uid for uid, match in matches.items() if not match.is_ordered] + ordered
        words: list[_Word] = [position.cursor, last, count, position.generation or 0, _LEASE_US]
        words += (journal, len(ordered))
        for match in map(matches.__getitem__, uids):
            words += (len(match.ids), match.leased, *match.ids)
        names = (
            keys.log, keys.state, keys.refs, keys.journal, keys.journal_tail,
            *map(keys.due, uids), *map(keys.order, ordered),
        )  # fmt: skip
        token = await _route(self._redis, names, words)
        return Routed(None if token is None else Token(int(token)))

    # Work

    async def lease(self, uid: str, count: int, most_bytes: int) -> Leased:
        keys = self.keys
        token, next_us, *rows = await _lease(
            self._redis,
            (keys.due(uid), keys.tries(uid), keys.grave(uid), keys.log),
            (count, most_bytes, _LEASE_US),
        )
        wait_us = int(next_us)
        return Leased(
            Token(int(token)),
            [read_leased(row) for row in rows],
            None if wait_us < 0 else wait_us / 1e6,
        )

    async def peek(self, uids: Sequence[str]) -> list[float | None]:
        """Seconds until each queue has work: 0 now, None when nothing waits."""
        waits = await _peek(self._redis, [self.keys.due(uid) for uid in uids], ())
        return [None if int(wait) < 0 else int(wait) / 1e6 for wait in waits]

    async def settle(self, items: Sequence[Held], journal: bytes = b"") -> list[int]:
        """Delivered. Of each: GONE, DONE or FREED."""
        keys = self.keys
        grouped, order = by_trigger(items, attrgetter("uid"))
        names = [keys.log, keys.state, keys.refs, keys.journal, keys.journal_tail]
        words: list[_Word] = [journal]
        for uid, group in grouped:
            names += (keys.due(uid), keys.tries(uid), keys.grave(uid), keys.order(uid))
            words.append(len(group))
            for held in group:
                words += (held.id, held.token)
        return in_order(await _settle(self._redis, names, words), order)

    async def renew(self, items: Sequence[Held]) -> tuple[Token, list[bool]]:
        """A new token for what is still held; False where the lease was lost."""
        grouped, order = by_trigger(items, attrgetter("uid"))
        words: list[_Word] = [_LEASE_US]
        for _, group in grouped:
            words.append(len(group))
            for held in group:
                words += (held.id, held.token)
        token, flags = await _renew(self._redis, [self.keys.due(uid) for uid, _ in grouped], words)
        return Token(int(token)), list(map(bool, in_order(flags, order)))

    async def defer(self, items: Sequence[Deferral], journal: bytes = b"") -> list[bool]:
        keys = self.keys
        grouped, order = by_trigger(items, lambda item: item.held.uid)
        names = [keys.journal, keys.journal_tail]
        words: list[_Word] = [journal]
        for uid, group in grouped:
            names += (keys.due(uid), keys.tries(uid))
            words.append(len(group))
            for held, delay_s, counts in group:
                words += (held.id, held.token, int(delay_s * 1e6), int(counts))
        return list(map(bool, in_order(await _defer(self._redis, names, words), order)))

    async def bury(self, items: Sequence[Burial], journal: bytes = b"") -> list[int]:
        """Given up. Of each: GONE, DONE or FREED."""
        keys = self.keys
        grouped, order = by_trigger(items, lambda item: item.held.uid)
        names = [keys.journal, keys.journal_tail]
        words: list[_Word] = [journal]
        for uid, group in grouped:
            names += (keys.due(uid), keys.tries(uid), keys.dead(uid), keys.grave(uid))
            names.append(keys.order(uid))
            words.append(len(group))
            for held, grave, has_sink in group:
                words += (held.id, held.token, grave, int(has_sink))
        return in_order(await _bury(self._redis, names, words), order)

    # Operators

    async def gauge(self, uids: Sequence[str]) -> list[QueueFigures]:
        """How each queue fares. Takes the store up to about 10 ms for each 100 queues."""
        found: list[QueueFigures] = []
        for start in range(0, len(uids), _GAUGED):
            part = uids[start : start + _GAUGED]
            names = [key for uid in part for key in (self.keys.due(uid), self.keys.dead(uid))]
            found += map(read_figures, await _gauge(self._redis, names, (_LOOKS,)))
        return found

    async def dead(self, uid: str, before_us: int | None = None, count: int = 1000) -> list[LogId]:
        """The oldest dead letters, given up before a time of the server's clock."""
        highest = "+inf" if before_us is None else before_us
        with translated():
            ids: Any = await self._redis.zrangebyscore(
                self.keys.dead(uid), "-inf", highest, 0, count
            )
        return list(ids)

    async def revive(self, uid: str, ids: Sequence[LogId], *, is_ordered: bool = False) -> int:
        """Dead letters into the queue again; returns how many were dead."""
        keys = self.keys
        names = (
            keys.log, keys.due(uid), keys.tries(uid), keys.dead(uid), keys.grave(uid),
            keys.order(uid),
        )  # fmt: skip
        return int(await _revive(self._redis, names, (int(is_ordered), *ids)))

    async def replay(
        self,
        uid: str,
        ids: Sequence[LogId],
        generation: int,
        mark: str,
        *,
        is_ordered: bool = False,
    ) -> Replayed | None:
        """Old entries into the queue again; None when `generation` is not in force.

        `mark` stays with an entry through retries and death, until it is settled or purged.
        """
        counts = await _replay(
            self._redis, self._queue_keys(uid), (generation, mark, int(is_ordered), *ids)
        )
        return None if counts is None else Replayed(*map(int, counts))

    async def purge(self, uid: str, ids: Sequence[LogId]) -> int:
        """Dead letters gone for good; returns how many were dead."""
        keys = self.keys
        names = (keys.log, keys.state, keys.refs, keys.tries(uid), keys.dead(uid), keys.grave(uid))
        return int(await _purge(self._redis, names, ids))

    async def owed(self, uid: str) -> tuple[int, int]:
        """How many entries a trigger has due, and how many dead."""
        with translated():
            due = await self._redis.zcard(self.keys.due(uid))
            dead = await self._redis.zcard(self.keys.dead(uid))
        return int(due), int(dead)

    async def drop(self, uid: str, generation: int) -> tuple[int, int] | None:
        """A slice of a removed trigger's queues gone: how many went, how many remain. None when
        a set newer than `generation` is in force, to which the trigger may have come back.
        """
        answer = await _drop(self._redis, self._queue_keys(uid), (1000, generation))
        if answer is None:
            return None
        gone, remain = map(int, answer)
        if not remain:
            with translated():
                await self._redis.hdel(self.keys.ignored, uid)
        return gone, remain

    async def erase(self) -> int | None:
        """Everything of a closed partition gone but for its triggers' queues, which are dropped
        before: how many events went. None when the broker is back.
        """
        keys = self.keys
        events = await _erase(self._redis, (keys.state, keys.log, *keys.others), ())
        return None if events is None else int(events)

    async def count_ignored(self, uid: str, more: int) -> None:
        """Add to the trigger's ignored answers, unless the broker is gone."""
        await _ignored(self._redis, (self.keys.state, self.keys.ignored), (uid, more))

    async def ignored(self, uids: Sequence[str]) -> list[int]:
        """How many answers of each trigger's subscriber were ignored."""
        if not uids:
            return []
        with translated():
            counts: Any = await self._redis.hmget(self.keys.ignored, list(uids))
        return [int(count or 0) for count in counts]

    async def trim(self, before: LogId, most_bytes: int, look_at: int = 256) -> tuple[int, bool]:
        """A slice of what no one needs gone: how many went, whether more would go."""
        keys = self.keys
        gone, more = await _trim(
            self._redis, (keys.log, keys.state, keys.refs), (before, most_bytes, look_at)
        )
        return int(gone), bool(more)

    async def shorten_journal(self, most_bytes: int) -> tuple[int, bool]:
        """A slice of its oldest lines gone: how many chunks went, whether more would go."""
        gone, more = await _shorten(self._redis, (self.keys.journal,), (most_bytes,))
        return int(gone), bool(more)

    async def usage(self, above: float = 0.0) -> Usage:
        """The server's memory and, when more than `above` of it is used, our part of it."""
        keys = self.keys
        figures = await _usage(
            self._redis, (keys.log, keys.state, keys.refs, keys.journal), (str(above),)
        )
        return Usage(*map(int, figures))

    async def server_time_us(self) -> int:
        """The clock that every time in the sets is of: in a cluster each node has its own."""
        return int(await _clock(self._redis, (self.keys.state,), ()))

    def _queue_keys(self, uid: str) -> tuple[str, ...]:
        keys = self.keys
        return (
            keys.log, keys.state, keys.refs,
            keys.due(uid), keys.tries(uid), keys.dead(uid), keys.grave(uid), keys.order(uid),
        )  # fmt: skip


_append = Script("append")
_append_once = Script("append_once")
_bury = Script("bury")
_clock = Script("clock")
_defer = Script("defer")
_drop = Script("drop")
_erase = Script("erase")
_fence = Script("fence")
_gauge = Script("gauge")
_ignored = Script("ignored")
_lease = Script("lease")
_peek = Script("peek")
_purge = Script("purge")
_renew = Script("renew")
_replay = Script("replay")
_revive = Script("revive")
_route = Script("route")
_settle = Script("settle")
_shorten = Script("shorten")
_take = Script("take")
_trim = Script("trim")
_usage = Script("usage")

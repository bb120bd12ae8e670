"""What a partition must hold, worked out in Python, and what the server does hold."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.log import DONE, FREED, GONE, Burial, Deferral, Entry, Held, Keys, LogId, Matches, Token
from poplin.log.look import PARKED_US

START = LogId(b"0-0")
NOW_US = 0

Slot = tuple[str, LogId]
"""A trigger and an id that it was given."""


def order(log_id: LogId) -> tuple[int, int]:
    ms, _, sequence = log_id.partition(b"-")
    return int(ms), int(sequence)


@dataclass(slots=True)
class Owed:
    """A match that is due or dead."""

    time: int = 0
    """As the server has it: the token while leased."""
    delay_us: int | None = NOW_US
    """Set when `time` is this long after the last step, and yet to be read from the server."""
    tries: int = 0
    crashes: int = 0
    grave: bytes | None = None
    is_dead: bool = False
    replay: str | None = None

    @property
    def is_parked(self) -> bool:
        return self.time == PARKED_US

    def fields(self, log_id: LogId) -> dict[bytes, bytes]:
        found = {log_id: self.tries, log_id + b"/crashes": self.crashes}
        fields = {name: b"%d" % count for name, count in found.items() if count}
        if self.replay is not None:
            fields[log_id + b"/replay"] = self.replay.encode()
        return fields


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that the server holds."""

    now_us: int
    keys: dict[str, Any]

    @classmethod
    async def look(cls, redis: Redis) -> "Seen":
        time, *rows = await redis.execute_command("EVAL", _LOOK, 0)
        keys = {name.decode(): _content(kind, content) for name, kind, content in rows}
        return cls(int(time[0]) * 1_000_000 + int(time[1]), keys)

    def log(self, keys: Keys) -> list[LogId]:
        return list(self.keys.get(keys.log, ()))

    def trimmed(self, keys: Keys) -> LogId:
        return LogId(self.keys.get(keys.state, {}).get(b"trimmed", START))


_LOOK = """
local reply = {redis.call('TIME')}
for _, key in ipairs(redis.call('KEYS', '*')) do
  local kind = redis.call('TYPE', key).ok
  local content
  if kind == 'hash' then content = redis.call('HGETALL', key)
  elseif kind == 'zset' then content = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
  elseif kind == 'string' then content = {redis.call('GET', key)}
  elseif kind == 'stream' then content = redis.call('XRANGE', key, '-', '+')
  end
  reply[#reply + 1] = {key, kind, content}
end
return reply
"""


def _content(kind: bytes, content: list[Any]) -> Any:
    if kind == b"string":
        return content
    if kind == b"stream":
        return [log_id for log_id, _ in content]
    pairs = dict(zip(content[::2], content[1::2], strict=True))
    return {name: int(value) for name, value in pairs.items()} if kind == b"zset" else pairs


@dataclass(slots=True)
class Model:
    keys: Keys
    generation: int | None = 1
    cursor: LogId = START
    trimmed: LogId = START
    entries: dict[LogId, Entry] = field(default_factory=dict)
    """Accepted and not lost by a failover, in log order."""
    present: set[LogId] = field(default_factory=set)
    """What of it the log still holds."""
    owed: dict[Slot, Owed] = field(default_factory=dict)
    routed: set[Slot] = field(default_factory=set)
    """Every match ever routed: none may come twice."""
    lines: dict[Slot, str] = field(default_factory=dict)
    """The keys of those that line up, because they became due while their trigger was ordered."""
    now_us: int = 0

    # What is so

    def is_routed(self, log_id: LogId) -> bool:
        return order(log_id) <= order(self.cursor)

    def refs(self) -> Counter[LogId]:
        return Counter(log_id for _, log_id in self.owed)

    def waiting(self, uid: str, *, is_dead: bool = False) -> list[LogId]:
        """The ids of a set as the server orders them."""
        rows = [
            (owed.time, log_id)
            for (of, log_id), owed in self.owed.items()
            if of == uid and owed.is_dead == is_dead
        ]
        return [log_id for _, log_id in sorted(rows)]

    def leasable(self, uid: str) -> list[LogId]:
        now = self.now_us
        return [
            log_id for log_id in self.waiting(uid) if -now <= self.owed[uid, log_id].time <= now
        ]

    def next_due_us(self, uid: str) -> int | None:
        """0 now, None when nothing waits."""
        if self.leasable(uid):
            return 0
        later = [self.owed[uid, log_id].time for log_id in self.waiting(uid)]
        return min((time - self.now_us for time in later if 0 < time < PARKED_US), default=None)

    def effects(self, items: Sequence[Held], *, stays: bool = False) -> list[int]:
        """What ending them does to each; `stays` when they go on to a dead-letter sink."""
        frees = [not stays and self._behind(held.uid, held.id) is not None for held in items]
        return [
            GONE if not is_held else FREED if frees_one else DONE
            for is_held, frees_one in zip(self.holds(items), frees, strict=True)
        ]

    def _behind(self, uid: str, log_id: LogId) -> LogId | None:
        """Who is next in its line."""
        key = self.lines.get((uid, log_id))
        others = [
            other
            for (of, other), line in self.lines.items()
            if of == uid and line == key and other != log_id
        ]
        return min(others, key=order, default=None) if key is not None else None

    def holds(self, items: Iterable[Held]) -> list[bool]:
        """Which of them the caller still has; a second mention has nothing left to change."""
        flags, seen = [], set()
        for uid, log_id, token in items:
            owed = self.owed.get((uid, log_id))
            is_held = owed is not None and not owed.is_dead and owed.time == token
            flags.append(is_held and (uid, log_id) not in seen)
            if is_held:
                seen.add((uid, log_id))
        return flags

    def owed_entries(self) -> int:
        unrouted = sum(not self.is_routed(log_id) for log_id in self.entries)
        return len(self.refs()) + unrouted

    # What happens

    def route(self, last: LogId, uid: str, match: Matches, token: Token) -> None:
        for position, log_id in enumerate(match.ids):
            assert (uid, log_id) not in self.routed, "routed twice"
            self.routed.add((uid, log_id))
            self.becomes_due(uid, log_id, is_ordered=match.is_ordered)
            if position < match.leased:
                self.owed[uid, log_id] = Owed(token, None)
        self.cursor = last

    def becomes_due(
        self, uid: str, log_id: LogId, *, is_ordered: bool, replay: str | None = None
    ) -> None:
        self.owed[uid, log_id] = Owed(replay=replay)
        if is_ordered:
            self.lines[uid, log_id] = self.key_of(log_id)
            if self._behind(uid, log_id) is not None:
                self.owed[uid, log_id] = Owed(PARKED_US, None, replay=replay)

    def key_of(self, log_id: LogId) -> str:
        attributes = orjson.loads(self.entries[log_id].attributes)
        return str(attributes.get("partitionkey") or attributes["source"])

    def _leaves_line(self, slot: Slot) -> None:
        after = self._behind(*slot)
        self.lines.pop(slot, None)
        if after is not None:
            self.owed[slot[0], after].delay_us = NOW_US

    def lease(self, uid: str, log_id: LogId, token: Token) -> Owed:
        owed = self.owed[uid, log_id]
        owed.crashes += owed.time < 0
        owed.time = token
        return owed

    def release(self, slot: Slot) -> None:
        """Settled, purged or dropped."""
        self._leaves_line(slot)
        del self.owed[slot]
        log_id = slot[1]
        if not self.refs()[log_id] and order(log_id) < order(self.trimmed):
            self.present.discard(log_id)

    def defer(self, item: Deferral) -> None:
        owed = self.owed[item.held.uid, item.held.id]
        owed.delay_us = int(item.delay_s * 1e6)
        owed.tries += item.counts
        owed.crashes *= not item.counts

    def bury(self, item: Burial) -> None:
        slot = item.held.uid, item.held.id
        mark = self.owed[slot].replay
        if not item.has_sink:
            self._leaves_line(slot)
        self.owed[slot] = Owed(grave=item.grave, is_dead=not item.has_sink, replay=mark)

    # What must be

    def check(self, seen: Seen) -> None:
        """The server holds this and nothing else."""
        self._check_times(seen)
        expected: dict[str, Any] = {}
        for (uid, log_id), owed in self.owed.items():
            name = self.keys.dead(uid) if owed.is_dead else self.keys.due(uid)
            expected.setdefault(name, {})[log_id] = owed.time
            for field_name, value in owed.fields(log_id).items():
                expected.setdefault(self.keys.tries(uid), {})[field_name] = value
            if owed.grave is not None:
                expected.setdefault(self.keys.grave(uid), {})[log_id] = owed.grave
        for (uid, log_id), key in self.lines.items():
            expected.setdefault(self.keys.order(uid), {})[_place(log_id)] = _line(key)
        if self.owed:
            refs = self.refs()
            expected[self.keys.refs] = {log_id: b"%d" % refs[log_id] for log_id in refs}

        found = {name: self._without_firsts(name, seen) for name in seen.keys}
        state = found.pop(self.keys.state, {})
        log = found.pop(self.keys.log, [])
        for name in (self.keys.journal, self.keys.journal_tail, *self.keys.seen):
            found.pop(name, None)  # the journal is read at the end; Memory knows the rest
        assert found == expected
        assert log == [log_id for log_id in self.entries if log_id in self.present]
        assert state.get(b"cursor", START) == self.cursor
        assert state.get(b"trimmed", START) == self.trimmed
        assert int(state.get(b"routed", 0)) == sum(map(self.is_routed, self.entries))
        assert state.get(b"generation") == (
            None if self.generation is None else b"%d" % self.generation
        )
        self._check_promises()
        self.now_us = seen.now_us

    def _check_times(self, seen: Seen) -> None:
        for (uid, log_id), owed in self.owed.items():
            if owed.delay_us is None:
                continue
            name = self.keys.dead(uid) if owed.is_dead else self.keys.due(uid)
            time = seen.keys.get(name, {}).get(log_id)
            assert time is not None, f"{log_id!r} is missing from {name}"
            assert self.now_us + owed.delay_us <= time <= seen.now_us + owed.delay_us
            owed.time, owed.delay_us = time, None

    def _without_firsts(self, name: str, seen: Seen) -> Any:
        """Whoever was tried, and only they, have a first time."""
        content = seen.keys[name]
        if not name.startswith(self.keys.tries("")):
            return content
        firsts = {key.removesuffix(b"/first") for key in content if key.endswith(b"/first")}
        assert firsts == {key for key in content if b"/" not in key}
        return {key: count for key, count in content.items() if not key.endswith(b"/first")}

    def _check_promises(self) -> None:
        """Implied by the rest while the model is right; said again in the words of the design."""
        refs = self.refs()
        missing = set(self.entries) - self.present
        assert all(self.is_routed(log_id) and not refs[log_id] for log_id in missing)
        below = [log_id for log_id in self.present if order(log_id) < order(self.trimmed)]
        assert all(refs[log_id] for log_id in below)
        assert order(self.trimmed) <= order(self.cursor)
        self._check_lines()

    def _check_lines(self) -> None:
        """In each one entry is at work, and who is parked stands in one."""
        at_work = Counter(
            (uid, key)
            for (uid, id_), key in self.lines.items()
            if not self.owed[uid, id_].is_parked
        )
        assert at_work == Counter({(uid, key) for (uid, _), key in self.lines.items()})
        assert {slot for slot, owed in self.owed.items() if owed.is_parked} <= self.lines.keys()


def _place(log_id: LogId) -> bytes:
    return b"%013d-%020d" % order(log_id)


def _line(key: str) -> int:
    return int(sha1(key.encode(), usedforsecurity=False).hexdigest()[:13], 16)

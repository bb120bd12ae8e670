"""Random worlds: routers, workers, operators and a controller, with every script and every mishap.

POPLIN_MACHINE_EXAMPLES=5000 makes it go longer.
"""

import asyncio
import os
from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from poplin.log import (
    Burial,
    Deferral,
    Entry,
    Held,
    LeasedEntry,
    Log,
    LogId,
    Matches,
    Position,
    Token,
)
from poplin.log import log as log_module
from poplin.store import connect
from tests.log.helpers import FOR_EVER, NEWEST
from tests.log.model import START, Model, Owed, Seen, Slot, order

_EXAMPLES = int(os.environ.get("POPLIN_MACHINE_EXAMPLES", "400"))
_LATER_S = 10_000.0
_LEASE_US = 3_600_000_000  # longer than any world takes: only the rule lets leases run out

_T = TypeVar("_T")
_colours = st.integers(0, 2)
_pick = st.integers(0, 30)
_picks = st.lists(_pick, min_size=1, max_size=5)
_workers = st.integers(0, 2)
_routers = st.integers(0, 1)


@dataclass(slots=True)
class _Router:
    """What a router believes, as long as it likes."""

    position: Position = field(default_factory=lambda: Position(START, 0))
    batch: list[LogId] = field(default_factory=list)


class Partition(RuleBasedStateMachine):
    """One partition and all who work on it."""

    def __init__(self, runner: asyncio.Runner, redis: Redis) -> None:
        super().__init__()
        self._runner, self._redis = runner, redis
        self._log = Log(redis, "shop/orders")
        self._model = Model(self._log.keys)
        self._sets: dict[int, dict[str, frozenset[int]]] = {1: {}}
        self._removed: dict[str, int] = {}
        self._uids = 0
        self._numbers = 0
        self._routers = [_Router(), _Router()]
        self._hands: list[list[Held]] = [[], [], []]
        self._ghosts: list[Held] = []
        self._tokens: set[Token] = set()
        self._opens_in = 0
        self._is_checked = False

    def _run(self, call: Awaitable[_T]) -> _T:
        self._is_checked = False
        return _wait(self._runner, call)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    @initialize(wants=st.lists(st.frozensets(_colours, min_size=1), min_size=1, max_size=3))
    def begin(self, wants: list[frozenset[int]]) -> None:
        self._run(self._redis.flushall())
        self._run(self._log.fence(1))
        self._sets[1] = {self._new_uid(): colours for colours in wants}
        self.append([0, 1, 2, 0, 1, 2], 10)
        self.router_is_quick(0, 3, 0, 4)

    @invariant()
    def server_and_model_agree(self) -> None:
        if self._model.generation is None:
            self._opens_in -= 1
            if self._opens_in < 0:
                self.fence()
        if self._uids:
            self._model.check(self._run(Seen.look(self._redis)))
            self._is_checked = True

    # Producers

    @rule(colours=st.lists(_colours, min_size=1, max_size=4), size=st.sampled_from([0, 10, 300]))
    def append(self, colours: list[int], size: int) -> None:
        entries = [Entry(b'{"c":%d}' % colour, None, b"x" * size) for colour in colours]

        ids = self._run(self._log.append(entries))

        if self._model.generation is None:
            assert ids is None
            return
        assert ids is not None
        assert sorted(ids, key=order) == ids
        self._model.entries.update(zip(ids, entries, strict=True))
        self._model.present.update(ids)

    # Routers

    @rule(number=_routers, behind=st.sampled_from([0, 0, 0, 1, 2]), count=st.integers(1, 5))
    def router_reads(self, number: int, behind: int, count: int) -> None:
        """Its trigger set may be older than the fence, or newer."""
        position = self._run(self._log.position())
        assert position == Position(self._model.cursor, self._model.generation)
        generation = max(1, self._newest() - behind)
        batch: list[LogId] = []
        if self._has_unrouted():
            batch = [log_id for log_id, _ in self._run(self._log.read(position.cursor, count, 0))]
        self._routers[number] = _Router(Position(position.cursor, generation), batch)

    @precondition(lambda self: any(router.batch for router in self._routers))
    @rule(number=_routers, room=st.integers(0, 3), worker=_workers)
    def router_routes(self, number: int, room: int, worker: int) -> None:
        router = self._routers[number]
        if not router.batch:
            return
        last, generation = router.batch[-1], router.position.generation or 0
        matches = self._matches(router.batch, generation, room)
        model = self._model
        wins = (
            router.position.cursor == model.cursor
            and model.generation is not None
            and model.generation <= generation
            and last in model.present
        )

        token = self._run(self._log.route(router.position, last, matches)).token

        assert (token is not None) == wins
        if token is None:
            return
        self._is_new(token)
        model.cursor = last
        for uid, match in matches.items():
            model.route(last, uid, match.ids, match.leased, token)
            self._hands[worker] += [
                Held(uid, log_id, token) for log_id in match.ids[: match.leased]
            ]

    def _matches(self, batch: Sequence[LogId], generation: int, room: int) -> dict[str, Matches]:
        matches: dict[str, Matches] = {}
        for uid, colours in self._sets[generation].items():
            ids = [log_id for log_id in batch if self._colour(log_id) in colours]
            if ids:
                matches[uid] = Matches(ids, min(room, len(ids)))
        return matches

    def _colour(self, log_id: LogId) -> int:
        entry = self._model.entries.get(log_id)
        return 0 if entry is None else int(entry.attributes[5:-1])

    @precondition(lambda self: self._has_unrouted())
    @rule(number=_routers, room=st.integers(0, 3), worker=_workers, count=st.integers(1, 5))
    def router_is_quick(self, number: int, room: int, worker: int, count: int) -> None:
        """Its set is the newest and nothing comes between."""
        self.router_reads(number, 0, count)
        self.router_routes(number, room, worker)

    def _has_unrouted(self) -> bool:
        return any(not self._model.is_routed(log_id) for log_id in self._model.entries)

    @precondition(lambda self: self._has_unrouted())
    @rule(count=st.integers(1, 3))
    def failover_loses_the_unrouted_tail(self, count: int) -> None:
        lost = [log_id for log_id in self._model.entries if not self._model.is_routed(log_id)]
        for log_id in lost[-count:]:
            self._run(self._redis.xdel(self._log.keys.log, log_id))
            del self._model.entries[log_id]
            self._model.present.discard(log_id)

    # Workers

    @rule(
        worker=_workers, pick=_pick, count=st.integers(1, 6), most=st.sampled_from([1, 350, 9999])
    )
    def lease(self, worker: int, pick: int, count: int, most: int) -> None:
        model = self._model
        uid = self._uid(pick, [uid for uid in self._all_uids() if model.leasable(uid)])
        expected: list[LogId] = []
        size = 0
        for log_id in model.leasable(uid)[:count]:
            expected.append(log_id)
            size += sum(len(part or b"") for part in model.entries[log_id])
            if size >= most:
                break

        leased = self._run(self._log.lease(uid, count, most))

        assert [entry.id for entry in leased.entries] == expected
        if expected:
            self._is_new(leased.token)
        for entry in leased.entries:
            owed = model.lease(uid, entry.id, leased.token)
            self._check_leased(entry, owed)
            self._hands[worker].append(Held(uid, entry.id, leased.token))
        self._check_wait(uid, leased.next_due_s)

    def _check_leased(self, found: LeasedEntry, owed: Owed) -> None:
        assert found.entry == self._model.entries[found.id]
        assert (found.tries, found.crashes, found.grave) == (owed.tries, owed.crashes, owed.grave)
        assert (found.first_us is not None) == (owed.tries > 0)

    @rule()
    def peek(self) -> None:
        uids = self._all_uids()

        waits = self._run(self._log.peek(uids))

        for uid, wait in zip(uids, waits, strict=True):
            self._check_wait(uid, wait)

    def _check_wait(self, uid: str, found_s: float | None) -> None:
        expected = self._model.next_due_us(uid)
        if expected is None or expected == 0:
            assert found_s == expected
        else:
            assert found_s == pytest.approx(expected / 1e6, abs=60)

    @precondition(lambda self: self._has_hands())
    @rule(worker=_workers, picks=_picks)
    def settle(self, worker: int, picks: list[int]) -> None:
        items = self._items(worker, picks)
        expected = self._model.holds(items)

        assert self._run(self._log.settle(items)) == expected

        for held in self._done(worker, items, expected):
            self._model.release((held.uid, held.id))

    @precondition(lambda self: self._has_hands())
    @rule(worker=_workers, picks=_picks)
    def renew(self, worker: int, picks: list[int]) -> None:
        items = self._items(worker, picks)
        expected = self._model.holds(items)

        token, flags = self._run(self._log.renew(items))

        assert flags == expected
        for held in self._done(worker, items, expected):
            self._model.owed[held.uid, held.id].time = token
            self._hands[worker].append(Held(held.uid, held.id, token))

    @precondition(lambda self: self._has_hands())
    @rule(
        worker=_workers,
        picks=_picks,
        delay_s=st.sampled_from([0.0, _LATER_S]),
        counts=st.booleans(),
    )
    def defer(self, worker: int, picks: list[int], delay_s: float, counts: bool) -> None:
        items = self._items(worker, picks)
        expected = self._model.holds(items)
        deferrals = [Deferral(held, delay_s, counts) for held in items]

        assert self._run(self._log.defer(deferrals)) == expected

        for held in self._done(worker, items, expected):
            self._model.defer(Deferral(held, delay_s, counts))

    @precondition(lambda self: self._has_hands())
    @rule(worker=_workers, picks=_picks, has_sink=st.booleans())
    def bury(self, worker: int, picks: list[int], has_sink: bool) -> None:
        items = self._items(worker, picks)
        expected = self._model.holds(items)
        grave = b"%d" % self._number()

        burials = [Burial(held, grave, has_sink) for held in items]
        assert self._run(self._log.bury(burials)) == expected

        for held in self._done(worker, items, expected):
            self._model.bury(Burial(held, grave, has_sink))

    def _has_hands(self) -> bool:
        return any(self._hands) or bool(self._ghosts)

    def _items(self, worker: int, picks: list[int]) -> list[Held]:
        """What it holds, and now and then what it or another once held."""
        known = self._hands[worker] * 3 + self._ghosts[-3:]
        return [known[pick % len(known)] for pick in picks] if known else []

    def _done(self, worker: int, items: list[Held], flags: list[bool]) -> list[Held]:
        """Whoever was refused forgets the entry, too."""
        self._ghosts += [held for held in items if held in self._hands[worker]]
        self._hands[worker] = [held for held in self._hands[worker] if held not in items]
        return [held for held, flag in zip(items, flags, strict=True) if flag]

    @precondition(lambda self: any(self._hands))
    @rule(worker=_workers)
    def worker_crashes(self, worker: int) -> None:
        self._ghosts += self._hands[worker]
        self._hands[worker] = []

    @precondition(lambda self: any(owed.time < 0 for owed in self._model.owed.values()))
    @rule(picks=_picks)
    def leases_run_out(self, picks: list[int]) -> None:
        model = self._model
        held = [slot for slot, owed in model.owed.items() if owed.time < 0]
        for pick in picks[: len(held)]:
            self._set_time(*held[pick % len(held)], -self._number())

    @precondition(lambda self: any(map(self._is_deferred, self._model.owed)))
    @rule()
    def time_passes(self) -> None:
        deferred = list(filter(self._is_deferred, self._model.owed))
        for slot in deferred:
            self._set_time(*slot, self._number())

    def _is_deferred(self, slot: Slot) -> bool:
        owed = self._model.owed[slot]
        return owed.time > self._model.now_us and not owed.is_dead

    def _set_time(self, uid: str, log_id: LogId, time: int) -> None:
        self._run(self._redis.zadd(self._log.keys.due(uid), {log_id: time}, xx=True))
        self._model.owed[uid, log_id].time = time

    # Operators

    @precondition(lambda self: any(owed.is_dead for owed in self._model.owed.values()))
    @rule(pick=_pick, picks=_picks)
    def revive(self, pick: int, picks: list[int]) -> None:
        uid, ids = self._dead_letters(pick, picks)
        expected = self._dead(uid, ids)

        assert self._run(self._log.revive(uid, ids)) == len(expected)

        for log_id in expected:
            self._model.owed[uid, log_id] = Owed()

    @precondition(lambda self: any(owed.is_dead for owed in self._model.owed.values()))
    @rule(pick=_pick, picks=_picks)
    def purge(self, pick: int, picks: list[int]) -> None:
        uid, ids = self._dead_letters(pick, picks)
        expected = self._dead(uid, ids)

        assert self._run(self._log.purge(uid, ids)) == len(expected)

        for log_id in expected:
            self._model.release((uid, log_id))

    @precondition(lambda self: self._model.cursor != START)
    @rule(pick=_pick, picks=_picks, behind=st.sampled_from([0, 0, 0, 1]))
    def replay(self, pick: int, picks: list[int], behind: int) -> None:
        generation = max(1, (self._model.generation or self._newest()) - behind)
        uids, model = list(self._sets[generation]), self._model
        if not uids:
            return
        uid, ids = uids[pick % len(uids)], self._ids(picks)

        replayed = self._run(self._log.replay(uid, ids, generation))

        if generation != model.generation:
            assert replayed is None
            return
        expected = {
            log_id
            for log_id in ids
            if model.is_routed(log_id)
            and log_id in model.present
            and ((uid, log_id) not in model.owed or model.owed[uid, log_id].is_dead)
        }
        assert replayed == len(expected)
        for log_id in expected:
            model.owed[uid, log_id] = Owed()

    def _dead_letters(self, pick: int, picks: list[int]) -> tuple[str, list[LogId]]:
        """Mostly dead ones of one trigger, now and then any id."""
        letters = [slot for slot, owed in self._model.owed.items() if owed.is_dead]
        uid = self._uid(pick, [uid for uid, _ in letters])
        known = [log_id for of, log_id in letters if of == uid] * 4 + self._ids(picks[:1])
        return uid, [known[pick % len(known)] for pick in picks]

    def _dead(self, uid: str, ids: list[LogId]) -> list[LogId]:
        buried = self._model.waiting(uid, is_dead=True)
        return [log_id for log_id in dict.fromkeys(ids) if log_id in buried]

    # The controller

    @rule(wants=st.none() | st.frozensets(_colours, min_size=1), removes=st.none() | _pick)
    def change_triggers(self, wants: frozenset[int] | None, removes: int | None) -> None:
        """Known to routers at once, in force after the fence."""
        newest = dict(self._sets[self._newest()])
        generation = self._newest() + 1
        if removes is not None and newest:
            uid = list(newest)[removes % len(newest)]
            del newest[uid]
            self._removed[uid] = generation
        if wants is not None and len(newest) < 4:
            newest[self._new_uid()] = wants
        self._sets[generation] = newest

    @rule()
    def fence(self) -> None:
        assert self._run(self._log.fence(self._newest())) == self._newest()
        self._model.generation = self._newest()

    @precondition(lambda self: self._model.generation is not None)
    @rule(behind=st.integers(0, 3))
    def fence_comes_late(self, behind: int) -> None:
        in_force = self._model.generation or 0

        assert self._run(self._log.fence(in_force - behind)) == in_force

    @precondition(lambda self: bool(self._removed))
    @rule(pick=_pick, count=st.integers(1, 3))
    def drop(self, pick: int, count: int) -> None:
        uid = list(self._removed)[pick % len(self._removed)]
        model = self._model
        if model.generation is not None and model.generation < self._removed[uid]:
            return
        buried = model.waiting(uid, is_dead=True)
        expected = (model.waiting(uid) or buried)[:count]

        names = self._log._queue_keys(uid)
        gone, remain = self._run(log_module._drop(self._redis, names, (count,)))

        for log_id in expected:
            model.release((uid, log_id))
        left = sum(of == uid for of, _ in model.owed)
        assert (int(gone), int(remain)) == (len(expected), left)

    @rule(steps=st.integers(0, 6))
    def close(self, steps: int) -> None:
        """And opened some steps later."""
        self._opens_in = steps
        self._run(self._log.close())
        self._model.generation = None

    # The janitor

    @rule(
        pick=st.none() | _pick,
        most_bytes=st.sampled_from([0, 2000, FOR_EVER]),
        look_at=st.sampled_from([1, 3, 256]),
    )
    def trim(self, pick: int | None, most_bytes: int, look_at: int) -> None:
        before = NEWEST if pick is None else self._ids([pick])[0]
        model = self._model
        refs = model.refs()

        gone, more = self._run(self._log.trim(before, most_bytes, look_at))

        seen = self._run(Seen.look(self._redis))
        left, line = set(seen.log(model.keys)), seen.trimmed(model.keys)
        taken = model.present - left
        assert left <= model.present
        assert len(taken) == gone
        assert all(not refs[log_id] for log_id in taken)
        assert all(order(log_id) < order(model.cursor) for log_id in taken)
        assert order(model.trimmed) <= order(line) <= order(model.cursor)
        if most_bytes == FOR_EVER:
            assert all(order(log_id) < order(before) for log_id in taken)
        if more:
            assert taken or order(line) > order(model.trimmed)
        else:
            end = model.cursor if most_bytes == 0 else min(before, model.cursor, key=order)
            assert all(refs[log_id] for log_id in left if order(log_id) < order(end))
        model.present, model.trimmed = left, line

    # The end of the world

    def teardown(self) -> None:
        """Whatever happened: once all is finished, nothing is left."""
        if self._is_checked:
            self._finish()

    def _finish(self) -> None:
        model = self._model
        self.leases_run_out(list(range(len(model.owed))))
        uids = sorted({uid for uid, _ in model.owed})
        for uid in uids:
            self._run(self._log.purge(uid, model.waiting(uid, is_dead=True)))
            for log_id in model.waiting(uid):
                self._set_time(uid, log_id, 1)
            leased = self._run(self._log.lease(uid, 1000, FOR_EVER))
            held = [Held(uid, entry.id, leased.token) for entry in leased.entries]
            assert all(self._run(self._log.settle(held)))
        while self._run(self._log.trim(NEWEST, 0))[1]:
            pass

        seen = self._run(Seen.look(self._redis))

        assert set(seen.keys) <= {model.keys.log, model.keys.state}
        kept = [log_id for log_id in model.entries if order(log_id) >= order(model.cursor)]
        assert seen.log(model.keys) == [log_id for log_id in kept if log_id in model.present]

    # Names

    def _newest(self) -> int:
        return max(self._sets)

    def _new_uid(self) -> str:
        self._uids += 1
        return f"t{self._uids}"

    def _all_uids(self) -> list[str]:
        """Of every trigger that ever was."""
        return [f"t{number}" for number in range(1, self._uids + 1)]

    def _uid(self, pick: int, likely: list[str]) -> str:
        uids = likely * 3 + self._all_uids()
        return uids[pick % len(uids)]

    def _ids(self, picks: list[int]) -> list[LogId]:
        ids = list(self._model.entries) or [LogId(b"1-1")]
        return [ids[pick % len(ids)] for pick in picks]

    def _is_new(self, token: Token) -> None:
        assert token < 0
        assert token not in self._tokens
        self._tokens.add(token)


def _wait(runner: asyncio.Runner, call: Awaitable[_T]) -> _T:
    async def answer() -> _T:
        return await call

    return runner.run(answer())


_SETTINGS = {"appendfsync": ("no", "always"), "stream-node-max-entries": ("3", "100")}


@pytest.fixture
def runner(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[asyncio.Runner, Redis]]:
    """A loop and a client, on a store with small nodes that does not wait for its disk."""
    monkeypatch.setattr(log_module, "_LEASE_US", _LEASE_US)
    with asyncio.Runner() as runner:
        redis = connect(store_url)
        for name, (value, _) in _SETTINGS.items():
            _wait(runner, redis.config_set(name, value))
        yield runner, redis
        for name, (_, value) in _SETTINGS.items():
            _wait(runner, redis.config_set(name, value))
        _wait(runner, redis.aclose())


@pytest.mark.timeout(0)
def test_in_every_world_all_promises_hold(runner: tuple[asyncio.Runner, Redis]) -> None:
    class World(Partition):
        def __init__(self) -> None:
            super().__init__(*runner)

    run_state_machine_as_test(
        World,
        settings=settings(
            max_examples=_EXAMPLES,
            stateful_step_count=60,
            deadline=None,
            derandomize=False,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )

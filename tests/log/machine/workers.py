"""Workers lease, finish and crash; time passes."""

from collections.abc import Sequence

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poplin.log import Burial, Deferral, Held, LeasedEntry, LogId
from poplin.log.look import PARKED_US
from tests.log.machine.world import PICK, PICKS, WORKERS, World
from tests.log.model import Owed, Slot

__all__ = ["Workers"]


_LATER_S = 10_000.0


class Workers(World):
    """Who empties the queues."""

    @rule(worker=WORKERS, pick=PICK, count=st.integers(1, 6), most=st.sampled_from([1, 350, 9999]))
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
        assert found.replay == owed.replay
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
    @rule(worker=WORKERS, picks=PICKS)
    def settle(self, worker: int, picks: list[int]) -> None:
        items = self._items(worker, picks)
        expected = self._model.effects(items)

        assert self._run(self._log.settle(items)) == expected

        for held in self._done(worker, items, expected):
            self._model.release((held.uid, held.id))

    @precondition(lambda self: self._has_hands())
    @rule(worker=WORKERS, picks=PICKS)
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
        worker=WORKERS,
        picks=PICKS,
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
    @rule(worker=WORKERS, picks=PICKS, has_sink=st.booleans())
    def bury(self, worker: int, picks: list[int], has_sink: bool) -> None:
        items = self._items(worker, picks)
        expected = self._model.effects(items, stays=has_sink)
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

    def _done(self, worker: int, items: list[Held], flags: Sequence[int]) -> list[Held]:
        """Whoever was refused forgets the entry, too."""
        self._ghosts += [held for held in items if held in self._hands[worker]]
        self._hands[worker] = [held for held in self._hands[worker] if held not in items]
        return [held for held, flag in zip(items, flags, strict=True) if flag]

    @precondition(lambda self: any(self._hands))
    @rule(worker=WORKERS)
    def worker_crashes(self, worker: int) -> None:
        self._ghosts += self._hands[worker]
        self._hands[worker] = []

    @precondition(lambda self: any(owed.time < 0 for owed in self._model.owed.values()))
    @rule(picks=PICKS)
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
        return self._model.now_us < owed.time < PARKED_US and not owed.is_dead

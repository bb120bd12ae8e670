"""Operators, the controller and the janitor."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poplin.log import LogId
from poplin.log import log as log_module
from tests.log.helpers import FOR_EVER, NEWEST
from tests.log.machine.world import COLOURS, PICK, PICKS, World
from tests.log.model import START, Owed, Seen, order

__all__ = ["Operators"]


class Operators(World):
    """Who looks after the partition."""

    @precondition(lambda self: any(owed.is_dead for owed in self._model.owed.values()))
    @rule(pick=PICK, picks=PICKS)
    def revive(self, pick: int, picks: list[int]) -> None:
        uid, ids = self._dead_letters(pick, picks)
        expected = self._dead(uid, ids)

        assert self._run(self._log.revive(uid, ids)) == len(expected)

        for log_id in expected:
            self._model.revive((uid, log_id))

    @precondition(lambda self: any(owed.is_dead for owed in self._model.owed.values()))
    @rule(pick=PICK, picks=PICKS)
    def purge(self, pick: int, picks: list[int]) -> None:
        uid, ids = self._dead_letters(pick, picks)
        expected = self._dead(uid, ids)

        assert self._run(self._log.purge(uid, ids)) == len(expected)

        for log_id in expected:
            self._model.release((uid, log_id))

    @precondition(lambda self: self._model.cursor != START)
    @rule(pick=PICK, picks=PICKS, behind=st.sampled_from([0, 0, 0, 1]))
    def replay(self, pick: int, picks: list[int], behind: int) -> None:
        generation = max(1, (self._model.generation or self._newest()) - behind)
        uids, model = list(self._sets[generation]), self._model
        if not uids:
            return
        uid, ids = uids[pick % len(uids)], self._ids(picks)

        mark = f"replay-{self._number()}"
        found = self._run(self._log.replay(uid, ids, generation, mark))

        if generation != model.generation:
            assert found is None
            return
        replayed = waiting = unrouted = 0
        for log_id in ids:
            owed = model.owed.get((uid, log_id))
            if not model.is_routed(log_id):
                unrouted += 1
            elif owed is not None and not owed.is_dead:
                waiting += 1
            elif log_id in model.present:
                replayed += 1
                model.owed[uid, log_id] = Owed(replay=mark)
        assert found == (replayed, waiting, unrouted)

    def _dead_letters(self, pick: int, picks: list[int]) -> tuple[str, list[LogId]]:
        """Mostly dead ones of one trigger, now and then any id."""
        letters = [slot for slot, owed in self._model.owed.items() if owed.is_dead]
        uid = self._uid(pick, [uid for uid, _ in letters])
        known = [log_id for of, log_id in letters if of == uid] * 4 + self._ids(picks[:1])
        return uid, [known[pick % len(known)] for pick in picks]

    def _dead(self, uid: str, ids: list[LogId]) -> list[LogId]:
        buried = self._model.waiting(uid, is_dead=True)
        return [log_id for log_id in dict.fromkeys(ids) if log_id in buried]

    @rule(wants=st.none() | st.frozensets(COLOURS, min_size=1), removes=st.none() | PICK)
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
    @rule(pick=PICK, count=st.integers(1, 3))
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

    @rule()
    def measure(self) -> None:
        model = self._model
        refs = model.refs()

        usage = self._run(self._log.usage())

        assert (usage.entries, usage.owed_entries) == (len(model.present), model.owed_entries())
        assert len(refs) > 32 or usage.references == refs.total()  # above that, an estimate
        assert 0 <= usage.settled_bytes <= usage.log_bytes

    @rule(steps=st.integers(0, 6))
    def close(self, steps: int) -> None:
        """And opened some steps later."""
        self._opens_in = steps
        self._run(self._log.close())
        self._model.generation = None

    @rule(
        pick=st.none() | PICK,
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

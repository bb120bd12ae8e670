"""In every random world all promises hold.

POPLIN_MACHINE_EXAMPLES=5000 makes it go longer.
"""

import asyncio
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test
from redis.asyncio import Redis

from poplin.log import Held
from poplin.log import log as log_module
from poplin.log.journal import checksum, routed_in
from poplin.store import connect
from tests.log.helpers import FOR_EVER, NEWEST, journal
from tests.log.machine.operators import Operators
from tests.log.machine.producers import Producers
from tests.log.machine.routers import Routers
from tests.log.machine.workers import Workers
from tests.log.machine.world import COLOURS, run
from tests.log.model import Seen, order

_EXAMPLES = int(os.environ.get("POPLIN_MACHINE_EXAMPLES", "400"))
_LEASE_US = 3_600_000_000  # longer than any world takes: only the rule lets leases run out


class Partition(Producers, Routers, Workers, Operators):
    """One partition and all who work on it."""

    @initialize(
        wants=st.lists(st.frozensets(COLOURS, min_size=1), min_size=1, max_size=3),
        ordered=st.frozensets(st.sampled_from(["t1", "t2", "t3"])),
    )
    def begin(self, wants: list[frozenset[int]], ordered: frozenset[str]) -> None:
        self._run(self._redis.flushall())
        self._run(self._log.fence(1))
        self._sets[1] = {self._new_uid(): colours for colours in wants}
        self._ordered[1] = ordered
        self.append([0, 1, 2, 0, 1, 2], 10)
        self.router_is_quick(0, 3, 0, 4)

    @invariant()
    def server_and_model_agree(self) -> None:
        if self._model.generation is None:
            self._opens_in -= 1
            if self._opens_in < 0:
                self.fence()
        if self._uids:
            seen = self._run(Seen.look(self._redis))
            self._model.check(seen)
            self._memory.check(self._model.keys, seen.keys)
            self._is_checked = True

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
                if not model.owed[uid, log_id].is_parked:
                    self._set_time(uid, log_id, 1)
            while held := self._leased(uid):
                assert all(self._run(self._log.settle(held)))
        while self._run(self._log.trim(NEWEST, 0))[1]:
            pass

        seen = self._run(Seen.look(self._redis))

        keys = model.keys
        left = {keys.log, keys.state, keys.journal, keys.journal_tail, *keys.seen}
        assert set(seen.keys) <= left
        kept = [log_id for log_id in model.entries if order(log_id) >= order(model.cursor)]
        assert seen.log(model.keys) == [log_id for log_id in kept if log_id in model.present]
        told = [
            log_id
            for line in self._run(journal(self._redis, self._log))
            for log_id in routed_in(line, checksum("e"))
        ]
        assert told == [log_id for log_id in model.entries if model.is_routed(log_id)]

    def _leased(self, uid: str) -> list[Held]:
        """All that is due; of each line one entry."""
        leased = self._run(self._log.lease(uid, 1000, FOR_EVER))
        return [Held(uid, entry.id, leased.token) for entry in leased.entries]


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
            run(runner, redis.config_set(name, value))
        yield runner, redis
        for name, (_, value) in _SETTINGS.items():
            run(runner, redis.config_set(name, value))
        run(runner, redis.aclose())


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

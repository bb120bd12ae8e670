"""Producers append, routers route, and a failover takes what was not routed."""

from collections.abc import Sequence

import orjson
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poplin.log import Entry, Held, LogId, Matches, Position
from poplin.log.journal import encode_routed
from tests.log.machine.world import COLOURS, WORKERS, Router, World
from tests.log.model import order
from tests.log.seen import forget

__all__ = ["Routers"]


_ROUTERS = st.integers(0, 1)


_FORGET = """
local stream = redis.call('XINFO', 'STREAM', KEYS[1])
local of = {}
for i = 1, #stream, 2 do of[stream[i]] = stream[i + 1] end
redis.call('XSETID', KEYS[1], of['last-generated-id'],
  'ENTRIESADDED', of['entries-added'] - ARGV[1], 'MAXDELETEDID', of['max-deleted-entry-id'])
"""


class Routers(World):
    """Who fills the log and the queues."""

    @rule(
        colours=st.lists(COLOURS, min_size=1, max_size=4),
        size=st.sampled_from([0, 10, 300]),
        key=st.sampled_from(['"source":"/s"', '"source":"/s","partitionkey":"k"', '"source":"k"']),
    )
    def append(self, colours: list[int], size: int, key: str = '"source":"/s"') -> None:
        entries = [
            Entry(b'{"c":%d,%b}' % (colour, key.encode()), None, b"x" * size) for colour in colours
        ]

        ids = self._run(self._log.append(entries))

        if self._model.generation is None:
            assert ids is None
            return
        assert ids is not None
        assert sorted(ids, key=order) == ids
        self._model.entries.update(zip(ids, entries, strict=True))
        self._model.present.update(ids)

    @rule(number=_ROUTERS, behind=st.sampled_from([0, 0, 0, 1, 2]), count=st.integers(1, 5))
    def router_reads(self, number: int, behind: int, count: int) -> None:
        """Its trigger set may be older than the fence, or newer."""
        position = self._run(self._log.position())
        assert position == Position(self._model.cursor, self._model.generation)
        generation = max(1, self._newest() - behind)
        batch: list[LogId] = []
        if self._has_unrouted():
            batch = [log_id for log_id, _ in self._run(self._log.read(position.cursor, count, 0))]
        self._routers[number] = Router(Position(position.cursor, generation), batch)

    @precondition(lambda self: any(router.batch for router in self._routers))
    @rule(number=_ROUTERS, room=st.integers(0, 3), worker=WORKERS)
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

        told = encode_routed(router.batch, ["e"] * len(router.batch))
        token = self._run(
            self._log.route(router.position, last, len(router.batch), matches, told)
        ).token

        assert (token is not None) == wins
        if token is None:
            return
        self._is_new(token)
        model.cursor, model.generation = last, generation
        for uid, match in matches.items():
            model.route(last, uid, match, token)
            self._hands[worker] += [
                Held(uid, log_id, token) for log_id in match.ids[: match.leased]
            ]

    def _matches(self, batch: Sequence[LogId], generation: int, room: int) -> dict[str, Matches]:
        matches: dict[str, Matches] = {}
        for uid, colours in self._sets[generation].items():
            ids = [log_id for log_id in batch if self._colour(log_id) in colours]
            if ids:
                is_ordered = uid in self._ordered[generation]
                matches[uid] = Matches(ids, 0 if is_ordered else min(room, len(ids)), is_ordered)
        return matches

    def _colour(self, log_id: LogId) -> int:
        entry = self._model.entries.get(log_id)
        return 0 if entry is None else int(orjson.loads(entry.attributes)["c"])

    @precondition(lambda self: self._has_unrouted())
    @rule(number=_ROUTERS, room=st.integers(0, 3), worker=WORKERS, count=st.integers(1, 5))
    def router_is_quick(self, number: int, room: int, worker: int, count: int) -> None:
        """Its set is the newest and nothing comes between."""
        self.router_reads(number, 0, count)
        self.router_routes(number, room, worker)

    @precondition(lambda self: self._has_unrouted())
    @rule(count=st.integers(1, 3))
    def failover_loses_the_unrouted_tail(self, count: int) -> None:
        lost = [log_id for log_id in self._model.entries if not self._model.is_routed(log_id)]
        for log_id in lost[-count:]:
            self._run(self._redis.xdel(self._log.keys.log, log_id))
            del self._model.entries[log_id]
            self._model.present.discard(log_id)
        forgotten = self._memory.lose(set(lost[-count:]))
        if forgotten:
            self._run(forget(self._redis, self._log, *forgotten))
        # A replica that is behind has counted fewer, too.
        self._run(
            self._redis.execute_command("EVAL", _FORGET, 1, self._log.keys.log, len(lost[-count:]))
        )

"""Producers send again what they have sent, and time passes."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from poplin.log import Entry, LogId
from poplin.log.once import digest_of
from tests.log.machine.world import COLOURS, World
from tests.log.seen import HOUR_MS, age

__all__ = ["Producers"]

_NAMES = st.sampled_from(["a", "b", "c"])


class Producers(World):
    """Who repeats events, at a broker whose window is edited now and then."""

    @rule(
        names=st.lists(_NAMES, min_size=1, max_size=5),
        colour=COLOURS,
        window_ms=st.sampled_from([HOUR_MS, HOUR_MS, HOUR_MS, 3 * HOUR_MS]),
    )
    def append_once(self, names: list[str], colour: int, window_ms: int) -> None:
        entries = [
            Entry(b'{"c":%d,"source":"/s","id":"%b"}' % (colour, name.encode()), None, b"")
            for name in names
        ]
        digests = [digest_of(entry) for entry in entries]

        appended = self._run(self._log.append_once(entries, digests, window_ms))

        if self._model.generation is None:
            assert appended is None
            return
        assert appended is not None
        self._memory.begin(window_ms)
        fresh: dict[bytes, LogId] = {}
        for entry, digest, log_id in zip(entries, digests, appended.ids, strict=True):
            if digest in fresh:
                assert log_id == fresh[digest]
            elif log_id not in self._memory.may_know(digest, window_ms):
                assert not self._memory.must_know(digest)
                fresh[digest] = log_id
                self._model.entries[log_id] = entry
                self._model.present.add(log_id)
        assert appended.repeats == len(entries) - len(fresh)
        for digest, log_id in fresh.items():
            self._memory.add(digest, log_id, window_ms)

    @precondition(lambda self: bool(self._memory.memos))
    @rule(half_hours=st.integers(1, 7), turns=st.integers(0, 2), name=st.none() | _NAMES)
    def time_passes(self, half_hours: int, turns: int, name: str | None) -> None:
        """For what is remembered, since a lease has a rule of its own; then, often, an event comes."""
        self._run(age(self._redis, self._log, half_hours * HOUR_MS // 2, turns))
        self._memory.pass_by(half_hours * HOUR_MS // 2)
        if name is not None:
            self.append_once([name], 0, HOUR_MS)

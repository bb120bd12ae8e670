"""What a partition must and what it may remember for the sake of repeats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from poplin.log import Keys, LogId

__all__ = ["Memory"]


@dataclass(slots=True)
class _Memo:
    """One event, appended `age_ms` ago."""

    log_id: LogId
    id: LogId
    """As it is remembered: it gets older with time, where the log's stays."""
    kept_ms: int
    """The shortest window of all appends since: so long it is remembered for sure."""
    age_ms: int = 0


@dataclass(slots=True)
class Memory:
    """Time passes in large steps: what passes by itself meanwhile is too little to matter."""

    memos: dict[bytes, list[_Memo]] = field(default_factory=dict)
    """By digest, the newest last."""

    def begin(self, window_ms: int) -> None:
        """An append with that window, whatever it appends."""
        for memos in self.memos.values():
            for memo in memos:
                memo.kept_ms = min(memo.kept_ms, window_ms)

    def must_know(self, digest: bytes) -> bool:
        return any(memo.age_ms < memo.kept_ms for memo in self.memos.get(digest, ()))

    def may_know(self, digest: bytes, window_ms: int) -> set[LogId]:
        """Under these ids; with one window all its life it is known just as long as it must be."""
        return {memo.id for memo in self.memos.get(digest, ()) if memo.age_ms < window_ms}

    def add(self, digest: bytes, log_id: LogId, window_ms: int) -> None:
        self.memos.setdefault(digest, []).append(_Memo(log_id, log_id, window_ms))

    def pass_by(self, ms: int) -> None:
        for memos in self.memos.values():
            for memo in memos:
                first, _, sequence = memo.id.partition(b"-")
                memo.id = LogId(b"%d-%b" % (int(first) - ms, sequence))
                memo.age_ms += ms

    def lose(self, log_ids: set[LogId]) -> list[bytes]:
        """The digests of entries that a failover takes from the log: they are lost together."""
        lost = [
            digest
            for digest, memos in self.memos.items()
            if any(memo.log_id in log_ids for memo in memos)
        ]
        for digest in lost:
            del self.memos[digest]
        return lost

    def check(self, keys: Keys, held: Mapping[str, Any]) -> None:
        """The server knows what it must, and nothing that never was."""
        known = {pair for name in keys.seen for pair in held.get(name, {}).items()}
        memos = [(digest, memo) for digest, memos in self.memos.items() for memo in memos]
        assert {(d, memo.id) for d, memo in memos if memo.age_ms < memo.kept_ms} <= known
        assert known <= {(digest, memo.id) for digest, memo in memos}

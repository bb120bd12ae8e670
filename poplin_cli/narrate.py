"""The way of every event, told from the log and the journal: accepted, matched, delivered or not."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.catalog import Catalog
from poplin.filters import FilterIndex, compile_filters
from poplin.log import Keys
from poplin.store import translated

__all__ = ["Narrator", "Step"]

Step = tuple[str, str, str]
"""What happened (accepted, matched, delivered, retried, dead letter …), the event's id, the details."""

_PAUSE_S = 0.02


class Narrator:
    """Reads one broker's log and journal from their beginning; it changes nothing."""

    def __init__(self, redis: Redis, broker: str, catalog: Catalog) -> None:
        self._redis = redis
        self._keys = Keys(broker)
        triggers = catalog.triggers_of(broker)
        self._names = {record.uid: record.name for record in triggers}
        self._index = FilterIndex(
            (record.name, compile_filters(record.filters)) for record in triggers
        )
        self._ids: dict[bytes, str] = {}
        self._positions = {self._keys.log: b"0-0", self._keys.journal: b"0-0"}

    async def next_steps(self) -> list[Step]:
        """What happened since the last call, in order; waits until something did."""
        while True:
            positions: dict[Any, Any] = {**self._positions}
            with translated():
                found: Any = await self._redis.xread(positions)
            streams = dict(found)
            steps = [
                *self._of_log(streams.get(self._keys.log.encode(), ())),
                *self._of_journal(streams.get(self._keys.journal.encode(), ())),
            ]
            if steps:
                return steps
            await asyncio.sleep(_PAUSE_S)

    def _of_log(self, entries: Any) -> Iterator[Step]:
        for log_id, fields in entries:
            self._positions[self._keys.log] = log_id
            attributes = orjson.loads(fields[b"a"])
            event = self._ids[log_id] = str(attributes["id"])
            yield "accepted", event, f"{attributes['type']} from {attributes['source']}"
            names = self._index.match(attributes)
            yield "matched", event, ", ".join(names) if names else "no trigger"

    def _of_journal(self, entries: Any) -> Iterator[Step]:
        for position, fields in entries:
            self._positions[self._keys.journal] = position
            for log_id, uid, attempt, outcome, status, ms, reason, to_sink in orjson.loads(
                fields[b"j"]
            ):
                event = self._ids.get(log_id.encode(), log_id)
                name = self._names.get(uid, uid)
                where = f"{name}'s dead-letter sink" if to_sink else name
                answer = f"{where}: attempt {attempt}, {status} in {ms} ms"
                if outcome == "settled":
                    yield "delivered", event, answer
                elif outcome == "deferred":
                    yield "retried", event, f"{answer}; {reason}, trying again"
                else:
                    yield "dead letter", event, f"{answer}; {reason}, given up"

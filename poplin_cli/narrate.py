"""The way of every event, told from the log and the journal: accepted, matched, delivered or not."""

import asyncio
from collections.abc import Iterator
from typing import Any

import orjson
from redis.asyncio import Redis

from poplin.catalog import Catalog
from poplin.catalog.catalog import logs
from poplin.filters import FilterIndex, compile_filters
from poplin.log import Keys
from poplin.store import translated

__all__ = ["Narrator", "Step"]

Step = tuple[str, str, str]
"""What happened (accepted, matched, delivered, retried, dead letter …), the event's id, the details."""

_PAUSE_S = 0.02


class Narrator:
    """Reads one broker's logs and journals from their beginning; it changes nothing.

    What happened in different partitions at about the same time may be told in another order.
    """

    def __init__(self, redis: Redis, broker: str, catalog: Catalog) -> None:
        self._redis = redis
        triggers = catalog.triggers_of(broker)
        self._names = {record.uid: record.name for record in triggers}
        self._index = FilterIndex(
            (record.name, compile_filters(record.filters)) for record in triggers
        )
        self._partitions = [log.keys for log in logs(redis, catalog.brokers[broker])]
        self._ids: dict[tuple[int, bytes], str] = {}
        self._positions = {
            name: b"0-0" for keys in self._partitions for name in (keys.log, keys.journal)
        }

    async def next_steps(self) -> list[Step]:
        """What happened since the last call, in order; waits until something did."""
        while True:
            positions: dict[Any, Any] = {**self._positions}
            with translated():
                found: Any = await self._redis.xread(positions)
            streams = {name.decode(): entries for name, entries in found}
            steps = [
                step
                for keys in self._partitions
                for step in (
                    *self._of_log(keys, streams.get(keys.log, ())),
                    *self._of_journal(keys, streams.get(keys.journal, ())),
                )
            ]
            if steps:
                return steps
            await asyncio.sleep(_PAUSE_S)

    def _of_log(self, keys: Keys, entries: Any) -> Iterator[Step]:
        for log_id, fields in entries:
            self._positions[keys.log] = log_id
            attributes = orjson.loads(fields[b"a"])
            event = self._ids[keys.partition, log_id] = str(attributes["id"])
            yield "accepted", event, f"{attributes['type']} from {attributes['source']}"
            names = self._index.match(attributes)
            yield "matched", event, ", ".join(names) if names else "no trigger"

    def _of_journal(self, keys: Keys, entries: Any) -> Iterator[Step]:
        for position, fields in entries:
            self._positions[keys.journal] = position
            for log_id, uid, attempt, outcome, status, ms, reason, to_sink in orjson.loads(
                fields[b"j"]
            ):
                event = self._ids.get((keys.partition, log_id.encode()), log_id)
                name = self._names.get(uid, uid)
                where = f"{name}'s dead-letter sink" if to_sink else name
                answer = f"{where}: attempt {attempt}, {status} in {ms} ms"
                if outcome == "settled":
                    yield "delivered", event, answer
                elif outcome == "deferred":
                    yield "retried", event, f"{answer}; {reason}, trying again"
                else:
                    yield "dead letter", event, f"{answer}; {reason}, given up"

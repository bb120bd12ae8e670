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
from poplin.log.journal import outcomes_in
from poplin.log.look import Look, Page, Place
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
        self._looks = [Look(redis, log.keys) for log in logs(redis, catalog.brokers[broker])]
        self._ids: dict[tuple[int, bytes], str] = {}
        self._positions = {look.keys.log: b"0-0" for look in self._looks}
        self._places = [Place() for _ in self._looks]

    async def next_steps(self) -> list[Step]:
        """What happened since the last call, in order; waits until something did."""
        while True:
            # The journals first: what they tell of is in the logs then.
            pages = [
                await look.journal(place)
                for look, place in zip(self._looks, self._places, strict=True)
            ]
            self._places = [page.rest for page in pages]
            positions: dict[Any, Any] = {**self._positions}
            with translated():
                found: Any = await self._redis.xread(positions)
            entries = {name.decode(): rows for name, rows in found}
            steps = [
                step
                for look, page in zip(self._looks, pages, strict=True)
                for step in (
                    *self._of_log(look.keys, entries.get(look.keys.log, ())),
                    *self._of_journal(look.keys, page),
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

    def _of_journal(self, keys: Keys, page: Page) -> Iterator[Step]:
        for chunk in page.chunks:
            for line in outcomes_in(chunk.lines):
                event = self._ids.get((keys.partition, line.log_id), line.log_id.decode())
                name = self._names.get(line.uid, line.uid)
                where = f"{name}'s dead-letter sink" if line.to_sink else name
                answer = f"{where}: attempt {line.attempt}, {line.status} in {line.ms} ms"
                if line.kind == "s":
                    yield "delivered", event, answer
                elif line.kind == "b":
                    yield "dead letter", event, f"{answer}; {line.note}, given up"
                else:
                    yield "retried", event, f"{answer}; {line.note}, trying again"

"""Outcomes on their way into the log: gathered, written in batches, repeated until written.

One task writes, so that a renewal and a settle never disagree about a token.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

from dispatcher.delivery import Buried, Deferred, Delivery, Outcome, Settled
from dispatcher.lane import Lane
from poplin.errors import StoreUnavailableError
from poplin.log import FREED, RENEW_S, Burial, Deferral, Log, LogId
from poplin.log.journal import Shared, encode_outcomes

__all__ = ["Outbox"]

_BATCH = 1000
_PAUSE_S = 0.1
_BUSY = 4
_GATHER_S = 0.008
"""When deliveries are many, outcomes wait a moment for each other: a script call is dear."""

_O = TypeVar("_O", Settled, Deferred, Buried)


class _Item(NamedTuple, Generic[_O]):
    delivery: Delivery
    outcome: _O
    milliseconds: int


class Outbox:
    """Everything that one partition's dispatcher holds a lease on, until its outcome is written.

    `on_written` is told of each outcome that the log took; not of one whose lease was lost.
    """

    def __init__(self, log: Log, on_written: Callable[[Delivery, Outcome], None]) -> None:
        self._log = log
        self._on_written = on_written
        self._held: dict[tuple[str, LogId], Delivery] = {}
        self._settled: list[_Item[Settled]] = []
        self._deferred: list[_Item[Deferred]] = []
        self._buried: list[_Item[Buried]] = []
        self._filled = asyncio.Event()

    def hold(self, delivery: Delivery) -> None:
        """Renew this lease until its outcome is written."""
        self._held[delivery.lane.record.uid, delivery.id] = delivery

    def add(self, delivery: Delivery, outcome: Outcome, milliseconds: int) -> None:
        if isinstance(outcome, Settled):
            self._settled.append(_Item(delivery, outcome, milliseconds))
        elif isinstance(outcome, Deferred):
            self._deferred.append(_Item(delivery, outcome, milliseconds))
        else:
            self._buried.append(_Item(delivery, outcome, milliseconds))
        self._filled.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop` is set and nothing is left; each wait ends when a renewal is due.

        If the store is away at the stop, what is left is given up: its leases run out.
        """
        loop = asyncio.get_running_loop()
        renew_at = loop.time() + RENEW_S
        while self._waiting() or not stop.is_set():
            try:
                if self._waiting() or await self._is_filled(renew_at - loop.time()):
                    if len(self._held) >= _BUSY:
                        await asyncio.sleep(_GATHER_S)
                    await self._flush()
                if loop.time() >= renew_at:
                    await self._renew()
                    renew_at = loop.time() + RENEW_S
            except StoreUnavailableError:
                if stop.is_set():
                    return
                await asyncio.sleep(_PAUSE_S)

    def wake(self) -> None:
        """Look at `stop` now."""
        self._filled.set()

    def _waiting(self) -> bool:
        return bool(self._settled or self._deferred or self._buried)

    async def _is_filled(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(max(0.0, seconds)):
                return await self._filled.wait()
        except TimeoutError:
            return False

    async def _flush(self) -> None:
        self._filled.clear()
        # Repeating a write after a lost answer changes nothing: its tokens are spent.
        await self._write(self._settled, self._settle)
        await self._write(self._deferred, self._defer)
        await self._write(self._buried, self._bury)

    async def _write(
        self, items: list[_Item[_O]], write: Callable[[list[_Item[_O]]], Awaitable[Sequence[int]]]
    ) -> None:
        batch = items[:_BATCH]
        if not batch:
            return
        flags = await write(batch)
        del items[: len(batch)]
        freed: set[Lane] = set()
        for (delivery, outcome, _), written in zip(batch, flags, strict=True):
            self._let_go(delivery)
            if written:
                self._on_written(delivery, outcome)
            if written == FREED:
                freed.add(delivery.lane)
        for lane in freed:
            lane.wait_turn()

    def _let_go(self, delivery: Delivery) -> None:
        # Not of the entry itself: when its lease ran out, we may hold it by a new one.
        key = (delivery.lane.record.uid, delivery.id)
        if self._held.get(key) is delivery:
            del self._held[key]

    async def _settle(self, items: list[_Item[Settled]]) -> list[int]:
        return await self._log.settle([item.delivery.held for item in items], _journal(items))

    async def _defer(self, items: list[_Item[Deferred]]) -> list[bool]:
        deferrals = [
            Deferral(item.delivery.held, item.outcome.delay_s, item.outcome.counts)
            for item in items
        ]
        return await self._log.defer(deferrals, _journal(items))

    async def _bury(self, items: list[_Item[Buried]]) -> list[int]:
        burials = [
            Burial(item.delivery.held, item.outcome.grave, item.outcome.has_sink) for item in items
        ]
        return await self._log.bury(burials, _journal(items))

    async def _renew(self) -> None:
        held = list(self._held.values())
        for start in range(0, len(held), _BATCH):
            part = held[start : start + _BATCH]
            token, flags = await self._log.renew([delivery.held for delivery in part])
            for delivery, renewed in zip(part, flags, strict=True):
                if renewed:
                    delivery.token = token


def _journal(items: list[_Item[_O]]) -> bytes:
    groups: dict[Shared, tuple[list[LogId], list[int]]] = {}
    for delivery, outcome, milliseconds in items:
        shared = (
            outcome.kind,
            delivery.lane.record.uid,
            delivery.tries + 1,
            outcome.status,
            outcome.note,
            delivery.grave is not None,
        )
        group = groups.get(shared)
        if group is None:
            group = groups[shared] = ([], [])
        group[0].append(delivery.id)
        group[1].append(milliseconds)
    return encode_outcomes(groups)

"""The dispatcher of one partition: reader, lanes and outbox, joined."""

import asyncio
from collections.abc import Awaitable, Callable

from dispatcher.attempt import IGNORED_ANSWER, Attempter
from dispatcher.delivery import Buried, Deferred, Delivery, Outcome, Settled
from dispatcher.lane import Lane
from dispatcher.outbox import Outbox
from dispatcher.reader import Reader, TriggerSet
from dispatcher.shared import Shared
from poplin.errors import StoreUnavailableError
from poplin.log import Entry, LeasedEntry, Log, Token
from poplin.store import connect
from poplin.waiting import wait

__all__ = ["PartitionDispatcher"]

_LEASE_BYTES = 8 * 1024 * 1024
_PEEKS = 500
_PAUSE_S = 0.2
_BLOCKING_TIMEOUT_S = 5.0
_AGAIN_S, _PATIENCE_S = 0.1, 1.0
"""Where work was found that no route of ours told of, more may follow: a redrive or a replay puts
it there slice by slice, and found by sweeps alone it would come in bursts.
"""
_TOGETHER = 8
"""Deliveries of a backlog that begin in one turn of the loop: what is new waits for that many."""
_LOST = Entry(b"", None, b"")
"""What stands for an entry that the log no longer has."""


class PartitionDispatcher:
    """Delivers what one partition holds. Several may run on the same partition at once."""

    def __init__(self, log: Log, attempter: Attempter, shared: Shared) -> None:
        self.log = log
        # Asked for once: each get_running_loop() is a system call.
        self._loop = asyncio.get_running_loop()
        self._settings = settings = shared.settings
        self._suspects = shared.suspects
        self._lanes: dict[str, Lane] = {}
        self._deliveries: set[asyncio.Task[None]] = set()
        self._leases: set[asyncio.Task[None]] = set()
        self._report = shared.report
        self._tally = shared.tally
        self._stopping = False
        self._attempter = attempter
        self._outbox = Outbox(log, self._on_written)
        self._reader = Reader(
            log,
            # Its own connection: a read that blocks must keep no command waiting.
            connect(settings.redis_url, timeout_s=_BLOCKING_TIMEOUT_S),
            self._lanes,
            count=settings.read_count,
            start=self._start,
            tally=shared.tally,
        )

    def follow(self, triggers: TriggerSet) -> None:
        """Take over a new trigger set: the lanes of edited triggers keep what is under way."""
        for uid in self._lanes.keys() - triggers.triggers.keys():
            self._lanes.pop(uid).close()
        for uid, trigger in triggers.triggers.items():
            if uid not in self._lanes:
                self._lanes[uid] = Lane(trigger, self._begin_lease)
        self._reader.triggers = triggers

    def assign(self, *, is_ours: bool) -> None:
        """Whether this process is to read; it delivers what it can lease in either case."""
        if not self._stopping:
            self._reader.assign(is_ours=is_ours)

    async def run(self, stop: asyncio.Event, refresh: Callable[[], Awaitable[object]]) -> None:
        """Deliver until `stop`; then finish what is under way or give it back."""
        written = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(self._reader.run(stop, refresh), name="read")
            tasks.create_task(self._sweep(stop), name="sweep")
            tasks.create_task(self._outbox.run(written), name="write outcomes")
            await stop.wait()
            self._stopping = True
            self._reader.wake()
            # What a last route leases is given back too, so the outbox outlives the reader.
            await reading
            await self._finish()
            written.set()
            self._outbox.wake()
        await self._count_ignored()

    async def _finish(self) -> None:
        for lane in self._lanes.values():
            lane.close()
        # A lease is a read from Redis: it is waited for, never cancelled.
        await asyncio.gather(*self._leases)
        if self._deliveries:
            await asyncio.wait(self._deliveries, timeout=self._settings.grace_s)
        for task in self._deliveries:
            task.cancel()
        await asyncio.gather(*self._deliveries)

    # Deliveries

    def _start(self, delivery: Delivery) -> None:
        """Begin a delivery whose window place is taken already."""
        if self._stopping:
            self._end_unsent(delivery, Deferred(0.0, 0, "given back", counts=False))
            return
        self._outbox.hold(delivery)
        task = self._loop.create_task(self._deliver(delivery), name="deliver")
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, delivery: Delivery) -> None:
        started = self._loop.time()
        outcome: Outcome
        try:
            outcome = await self._attempter.attempt(delivery)
        except asyncio.CancelledError:
            # Stopping: another dispatcher takes it at once; the subscriber may see it twice.
            outcome = Deferred(0.0, 0, "given back", counts=False)
        except Exception as error:  # noqa: BLE001 - one event must not end the dispatcher
            self._report.broken(delivery, error)
            outcome = self._attempter.broken(delivery, error)
        self._end(delivery, outcome, round((self._loop.time() - started) * 1000))

    def _end(self, delivery: Delivery, outcome: Outcome, milliseconds: int) -> None:
        if delivery.crashes:
            self._suspects.ended(delivery)
        self._outbox.add(delivery, outcome, milliseconds)
        delivery.lane.trigger.end((delivery.size,))

    def _on_written(self, delivery: Delivery, outcome: Outcome) -> None:
        lane = delivery.lane
        self._report.outcome(delivery, outcome)
        self._tally.written(delivery, outcome)
        if isinstance(outcome, Settled):
            if outcome.note == IGNORED_ANSWER:
                self._ignored(lane)
        elif isinstance(outcome, Deferred):
            lane.wake_in(outcome.delay_s)
        elif isinstance(outcome, Buried) and outcome.has_sink:
            lane.wait_turn()

    # Work that waits in the queues

    def _begin_lease(self, lane: Lane) -> None:
        if self._stopping:
            return
        lane.is_leasing = True
        count, size = lane.trigger.reserve_lease(_LEASE_BYTES)
        task = self._loop.create_task(self._lease(lane, count, size), name="lease")
        self._leases.add(task)
        task.add_done_callback(self._leases.discard)

    async def _lease(self, lane: Lane, count: int, size: int) -> None:
        """Lease up to `count` entries of `size` bytes, whose places are taken already."""
        taken: list[Delivery] = []
        try:
            leased = await self.log.lease(lane.record.uid, count, size)
        except Exception as error:  # noqa: BLE001 - whatever it was, the lane must not spin
            if not isinstance(error, StoreUnavailableError):
                self._report.lease_broken(lane, error)
            lane.had_turn(has_more=False)
            lane.wake_in(_PAUSE_S)
            return
        else:
            taken = [_delivery(lane, leased.token, entry) for entry in leased.entries]
            lane.had_turn(has_more=leased.next_due_s == 0)
            if leased.next_due_s:
                lane.wake_in(leased.next_due_s)
            if taken:
                lane.found_at = self._loop.time()
            if leased.next_due_s != 0 and self._loop.time() < lane.found_at + _PATIENCE_S:
                lane.wake_in(_AGAIN_S)
        finally:
            lane.is_leasing = False
            lane.trigger.end_lease(count, size, [delivery.size for delivery in taken])
        suspects = sum(map(self._suspects.is_one, taken))
        for number, delivery in enumerate(taken, 1):
            self._take(delivery, is_only_suspect=suspects == 1)
            if number % _TOGETHER == 0:
                await asyncio.sleep(0)

    def _take(self, delivery: Delivery, *, is_only_suspect: bool) -> None:
        if delivery.entry is _LOST:
            self._report.lost(delivery.lane, delivery.id)
            self._end_unsent(delivery, Settled(0, "lost: not in the log"))
        elif self._suspects.is_one(delivery) and not (
            # The others of its lease would be lost with it: they are still to be given back.
            is_only_suspect and self._suspects.admit(delivery, self._loop.time())
        ):
            pause_s = self._suspects.pause_s()
            self._end_unsent(delivery, Deferred(pause_s, 0, "kept apart", counts=False))
        else:
            self._start(delivery)

    def _end_unsent(self, delivery: Delivery, outcome: Outcome) -> None:
        self._outbox.hold(delivery)
        self._end(delivery, outcome, 0)

    async def _sweep(self, stop: asyncio.Event) -> None:
        """Find what a dead dispatcher left behind: the only polling there is."""
        while not stop.is_set():
            uids = list(self._lanes)
            try:
                for start in range(0, len(uids), _PEEKS):
                    part = uids[start : start + _PEEKS]
                    for uid, seconds in zip(part, await self.log.peek(part), strict=True):
                        lane = self._lanes.get(uid)
                        if lane is None or seconds is None:
                            continue
                        if seconds == 0:
                            lane.wait_turn()
                        else:
                            lane.wake_in(seconds)
            except StoreUnavailableError:
                pass
            await self._count_ignored()
            await wait(stop, self._settings.sweep_s)

    def _ignored(self, lane: Lane) -> None:
        lane.ignored += 1
        if not lane.trigger.has_ignored:
            lane.trigger.has_ignored = True
            self._report.ignored(lane)

    async def _count_ignored(self) -> None:
        for uid, lane in list(self._lanes.items()):
            count, lane.ignored = lane.ignored, 0
            if count:
                try:
                    await self.log.count_ignored(uid, count)
                except StoreUnavailableError:
                    lane.ignored += count


def _delivery(lane: Lane, token: Token, leased: LeasedEntry) -> Delivery:
    return Delivery(
        lane,
        leased.id,
        token,
        leased.entry or _LOST,
        tries=leased.tries,
        crashes=leased.crashes,
        first_us=leased.first_us,
        grave=leased.grave,
        replay=leased.replay,
    )

"""What is written: of leases that ran out, and of entries that others wait behind."""

import asyncio

from redis.asyncio import Redis

from dispatcher.delivery import Delivery, Settled
from dispatcher.lane import Lane
from dispatcher.outbox import Outbox
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import TriggerRecord
from poplin.log import Entry, Log, Matches, Token
from tests.log.helpers import FOR_EVER, GENERATION, event, lease_runs_out, routed

TRIGGER = TriggerRecord(uid="a", namespace="n", name="t", broker="b", subscriber_uri="http://s/")


async def test_the_end_of_an_old_attempt_leaves_the_new_lease_of_its_entry_held(
    redis: Redis,
) -> None:
    """Else nobody renews it: it runs out too, and an event that is delivered counts as poison."""
    log = Log(redis, "n/b")
    await log.fence(GENERATION)
    (log_id,) = await log.append([event()]) or []
    old_token = await routed(log, log_id, {"a": [log_id]}, leased=1)
    await lease_runs_out(redis, log, "a", log_id)
    leased = await log.lease("a", 1, FOR_EVER)
    lane = Lane(ServedTrigger(TRIGGER, Budget(1000)), lambda _: None)
    old, new = (
        Delivery(lane, log_id, Token(token), event()) for token in (old_token, leased.token)
    )
    outbox, stop = Outbox(log, lambda *_: None), asyncio.Event()
    outbox.hold(old)
    outbox.hold(new)

    outbox.add(old, Settled(202), 0)
    stop.set()
    await outbox.run(stop)
    await outbox._renew()

    assert new.token < leased.token
    assert await log.settle([new.held]) == [True]


async def test_what_waited_behind_others_is_leased_at_once_and_in_one_call(redis: Redis) -> None:
    log = Log(redis, "n/b")
    await log.fence(GENERATION)
    entries = [Entry(b'{"source":"/%d"}' % (number % 3), None, b"") for number in range(6)]
    ids = await log.append(entries) or []
    await log.route(await log.position(), ids[-1], 6, {"a": Matches(ids, 0, is_ordered=True)})
    leased = await log.lease("a", 10, FOR_EVER)
    begun: list[Lane] = []
    lane = Lane(ServedTrigger(TRIGGER, Budget(1000)), begun.append)
    outbox, stop = Outbox(log, lambda *_: None), asyncio.Event()

    for found in leased.entries:
        delivery = Delivery(lane, found.id, leased.token, event())
        outbox.hold(delivery)
        outbox.add(delivery, Settled(202), 0)
    stop.set()
    await outbox.run(stop)

    assert len(leased.entries) == 3
    assert begun == [lane]

"""Leases that ran out while their attempt was under way."""

import asyncio

from redis.asyncio import Redis

from dispatcher.delivery import Delivery, Settled
from dispatcher.lane import Lane
from dispatcher.outbox import Outbox
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import TriggerRecord
from poplin.log import Log, Token
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

"""Where an event is now, by the queues."""

from redis.asyncio import Redis

from poplin.log import Burial, Deferral, Held
from poplin.trace import trace
from tests.log.helpers import routed
from tests.trace.helpers import GRAVE, accepted, fabric, trigger


async def test_an_event_that_nobody_saw_has_no_entry(redis: Redis) -> None:
    catalog, log = await fabric(redis, trigger("a"))
    await accepted(log, "e1")

    assert (await trace(redis, catalog, "e2")).events == ()


async def test_each_trigger_has_its_own_outcome(redis: Redis) -> None:
    triggers = [
        trigger("a"),
        trigger("b"),
        trigger("c"),
        trigger("d"),
        trigger("e", filters=({"exact": {"type": "other"}},)),
    ]
    catalog, log = await fabric(redis, *triggers)
    ids = await accepted(log, "e1")
    token = await routed(log, ids[0], dict.fromkeys("abcd", ids), leased=1)
    await log.defer([Deferral(Held("b", ids[0], token), 60, True)])
    await log.bury([Burial(Held("c", ids[0], token), GRAVE.to_json(), has_sink=False)])
    await log.defer([Deferral(Held("d", ids[0], token), 0, False)])

    (event,) = (await trace(redis, catalog, "e1")).events

    assert event.log_id == f"0:{ids[0].decode()}"
    assert (event.source, event.type, event.state) == ("/s", "t", "kept")
    assert [(each.trigger, each.outcome, each.why) for each in event.matches] == [
        ("shop/a", "in flight", "attempt 1 is under way"),
        ("shop/b", "retrying", "attempt 2 follows"),
        ("shop/c", "dead", "given up after 2 attempts: answered 500"),
        ("shop/d", "waiting", "its turn has not come yet"),
        (
            "shop/e",
            "filtered",
            "by its filter of today, filters[0].exact.type: type is 't'; it should be 'other'",
        ),
    ]

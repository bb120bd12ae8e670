"""How a script is sent, and what a store in trouble still does."""

import asyncio

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from poplin.errors import PoplinError, StoreFullError, StoreRefusesError
from poplin.log import Appender, BrokerGoneError, Held, Log, Matches, Roster
from tests.conftest import MEMORY_BYTES
from tests.log.helpers import (
    FOR_EVER,
    GENERATION,
    MARK,
    NEWEST,
    accepted,
    counts,
    dead,
    dropped,
    event,
    everything,
    graves,
    later,
    log_ids,
    owed,
)


async def _fill(redis: Redis) -> None:
    await redis.config_set("maxmemory", 1)


async def test_a_script_that_the_server_forgot_is_sent_again(redis: Redis, log: Log) -> None:
    """A restart or a failover forgets them."""
    await redis.script_flush()

    ids = await accepted(log, 1)

    assert await log_ids(redis, log) == ids


async def test_every_script_survives_being_forgotten(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    position = await log.position()

    await redis.script_flush()
    token = (await log.route(position, ids[0], 1, {"a": Matches(ids, 1)})).token
    assert token is not None
    await redis.script_flush()
    token, _ = await log.renew([Held("a", ids[0], token)])
    await redis.script_flush()
    await log.defer(later([Held("a", ids[0], token)], 0))
    await redis.script_flush()
    token = (await log.lease("a", 1, FOR_EVER)).token
    await redis.script_flush()
    assert await log.settle([Held("a", ids[0], token)]) == [True]


async def test_a_full_store_refuses_events(redis: Redis, log: Log) -> None:
    ids = await accepted(log, 1)
    await _fill(redis)
    before = await everything(redis)

    with pytest.raises(StoreFullError, match="maxmemory"):
        await log.append([event()])
    with pytest.raises(StoreFullError, match="maxmemory"):
        await log.replay("a", ids, GENERATION, MARK)
    assert await everything(redis) == before


async def test_accepted_events_flow_when_the_store_is_full(redis: Redis, log: Log) -> None:
    buried = await dead(log, 2)
    ids = await accepted(log, 5)
    position = await log.position()
    await _fill(redis)

    token = (await log.route(position, ids[4], 5, {"a": Matches(ids, 4)})).token
    assert token is not None
    held = [Held("a", log_id, token) for log_id in ids[:4]]
    assert [entry.id for entry in (await log.lease("a", 1, FOR_EVER)).entries] == ids[4:]
    assert await log.peek(["a"]) == [None]
    token, flags = await log.renew(held[:1])
    assert flags == [True]
    assert await log.settle([Held("a", ids[0], token)], b"line") == [True]
    assert await log.settle(held[1:2], b"line") == [True]
    assert await log.defer(later(held[2:3]), b"line") == [True]
    assert await log.bury(graves(held[3:4]), b"line") == [True]
    assert await log.revive("a", buried[:1]) == 1
    assert await log.purge("a", buried[1:]) == 1
    assert await log.fence(GENERATION + 1) == GENERATION + 1
    assert await Roster(redis, "one").look() == ["one"]
    assert (await log.trim(NEWEST, FOR_EVER))[0] == 3
    assert (await dropped(log, generation=GENERATION + 1))[1] == 1  # the dead one is left
    assert (await dropped(log, generation=GENERATION + 1))[1] == 0
    await log.close()


async def test_a_full_store_takes_events_again_when_there_is_room(redis: Redis, log: Log) -> None:
    await _fill(redis)
    with pytest.raises(StoreFullError):
        await log.append([event()])

    await redis.config_set("maxmemory", MEMORY_BYTES)

    assert len(await accepted(log, 1)) == 1


async def test_a_mistake_of_ours_is_not_hidden_as_an_outage(redis: Redis, log: Log) -> None:
    await redis.set(log.keys.due("a"), "not a queue")

    with pytest.raises(ResponseError, match="WRONGTYPE"):
        await log.lease("a", 1, FOR_EVER)


async def test_brokers_whose_names_share_a_prefix_share_no_key(redis: Redis, log: Log) -> None:
    other = Log(redis, "shop/orders-2")
    await other.fence(GENERATION)
    await owed(log, 2, "a")

    assert (await other.lease("a", 5, FOR_EVER)).entries == []
    assert await counts(redis, other.keys.refs) == {}


def test_all_keys_of_a_partition_share_one_slot() -> None:
    keys = Log(Redis(), "shop/orders", 3).keys
    names = [keys.log, keys.state, *keys.others]
    names += [of("u") for of in (keys.due, keys.order, keys.tries, keys.dead, keys.grave)]

    assert len(set(names)) == 15
    assert all(name.startswith("poplin:{shop/orders#3}:") for name in names)


# The appender


async def test_what_is_appended_together_shares_one_batch(redis: Redis, log: Log) -> None:
    """Entries of one script call are of one millisecond, one after the other."""
    appender = Appender(log)
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]

    await _gather(appender, 50)

    assert (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] - before == 1
    assert len(await log_ids(redis, log)) == 50


async def test_batches_are_bounded_by_number_and_by_bytes(redis: Redis, log: Log) -> None:
    appender = Appender(log)
    before = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]

    await _gather(appender, 600)
    await _gather(appender, 3, b"x" * 2_500_000)
    await appender.close()

    calls = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] - before
    assert calls == 3 + 3
    assert len(await log_ids(redis, log)) == 603


async def test_everyone_in_the_batch_learns_that_the_broker_is_gone(log: Log) -> None:
    await log.close()

    answers = await _gather(Appender(log), 3)

    assert [type(answer) for answer in answers] == [BrokerGoneError] * 3


async def test_everyone_in_the_batch_learns_that_the_store_is_full(redis: Redis, log: Log) -> None:
    await _fill(redis)

    answers = await _gather(Appender(log), 3)

    assert [type(answer) for answer in answers] == [StoreFullError] * 3


async def test_everyone_in_the_batch_is_answered_whatever_happens(redis: Redis, log: Log) -> None:
    await redis.delete(log.keys.state)
    await redis.set(log.keys.state, "not a hash")

    answers = await _gather(Appender(log), 3)

    assert [type(answer) for answer in answers] == [StoreRefusesError] * 3


async def test_one_that_cannot_bear_its_answer_does_not_keep_it_from_the_others(log: Log) -> None:
    appender = Appender(log)
    reported: list[str] = []
    answers: list[PoplinError | None] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: reported.append(context["message"])
    )

    def refuse(_: PoplinError | None) -> None:
        raise RecursionError

    for done in (refuse, answers.append, answers.append):
        appender.add([event()], done)
    await appender.close()

    assert answers == [None, None]
    assert reported == ["the answer to an append was not taken"]


async def test_a_caller_that_goes_away_does_not_disturb_the_others(redis: Redis, log: Log) -> None:
    appender = Appender(log)
    leaving = asyncio.create_task(appender.append(event(1)))
    staying = asyncio.create_task(appender.append(event(2)))
    await asyncio.sleep(0)
    leaving.cancel()

    await staying

    assert len(await log_ids(redis, log)) == 2


async def test_close_waits_for_the_batches_under_way(redis: Redis, log: Log) -> None:
    appender = Appender(log)
    calls = [asyncio.create_task(appender.append(event(number))) for number in range(300)]
    await asyncio.sleep(0)

    await appender.close()

    assert len(await log_ids(redis, log)) == 300
    await asyncio.gather(*calls)


async def _gather(appender: Appender, count: int, data: bytes = b"") -> list[object]:
    calls = [appender.append(event(number, data)) for number in range(count)]
    return list(await asyncio.gather(*calls, return_exceptions=True))

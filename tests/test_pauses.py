"""Which triggers are paused by an operator is kept beside the catalog."""

from redis.asyncio import Redis

from poplin.catalog import (
    BrokerRecord,
    TriggerRecord,
    forget_removed,
    publish,
    read_pauses,
    set_paused,
)
from tests.conftest import MEMORY_BYTES

BROKER = BrokerRecord(namespace="n", name="b")
TRIGGER = TriggerRecord(uid="u", namespace="n", name="t", broker="b", subscriber_uri="http://s/")


async def test_a_pause_is_kept_until_it_is_resumed(redis: Redis) -> None:
    changes = [await set_paused(redis, "u", is_paused=True) for _ in range(2)]
    paused = await read_pauses(redis)
    changes += [await set_paused(redis, "u", is_paused=False) for _ in range(2)]

    assert (changes, paused) == ([True, False, True, False], frozenset("u"))
    assert await read_pauses(redis) == frozenset()


async def test_a_pause_outlives_edits_and_ends_with_the_queues_of_a_removed_trigger(
    redis: Redis,
) -> None:
    await publish(redis, [BROKER], [TRIGGER])
    await set_paused(redis, "u", is_paused=True)
    await publish(redis, [BROKER], [])
    kept = await read_pauses(redis)

    await forget_removed(redis, "u")

    assert (kept, await read_pauses(redis)) == (frozenset("u"), frozenset())


async def test_a_trigger_can_be_paused_while_the_store_is_full(redis: Redis) -> None:
    await redis.config_set("maxmemory", 1)

    assert await set_paused(redis, "u", is_paused=True)
    await redis.config_set("maxmemory", MEMORY_BYTES)

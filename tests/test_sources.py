"""What is true of each source lies in the store, for as long as its service says so."""

import asyncio
from dataclasses import replace

from redis.asyncio import Redis
from redis.crc import key_slot

from poplin.catalog import (
    Condition,
    SourcesSeen,
    SourceStatus,
    forget_sources,
    leave_sources,
    read_sources,
    write_sources,
)
from poplin.catalog.sources import ALIVE, SOURCES
from tests.conftest import MEMORY_BYTES

HUB = SourceStatus(
    kind="GitHubSource",
    api_version="sources.knative.dev/v1alpha1",
    namespace="default",
    name="hub",
    conditions=(Condition("Ready", "False", "NotFound", "Secret größer is missing"),),
    warnings=("w",),
    sink_uri="http://sink/",
    url="http://127.0.0.1:8082/default/hub",
    ce_attributes=(("t", "s"),),
    settings=(("Repository", "o/r"),),
    webhook_id="42",
    lag_s=0.5,
    observed_generation=3,
    spec_digest="d",
)
SHOP = SourceStatus(
    kind="WebhookSource",
    api_version="sources.poplin.dev/v1alpha1",
    namespace="default",
    name="a-shop",
)


async def test_nothing_is_seen_before_a_service_wrote(redis: Redis) -> None:
    assert await read_sources(redis) == SourcesSeen()


async def test_statuses_come_back_as_written_and_by_name(redis: Redis) -> None:
    await write_sources(redis, [HUB, SHOP])

    seen = await read_sources(redis)

    assert seen == SourcesSeen({HUB.key: HUB, SHOP.key: SHOP}, True)
    assert list(seen.statuses) == [SHOP.key, HUB.key]


async def test_what_is_written_is_all_there_is(redis: Redis) -> None:
    await write_sources(redis, [HUB, SHOP])
    edited = replace(SHOP, observed_generation=2)

    await write_sources(redis, [edited])

    assert (await read_sources(redis)).statuses == {SHOP.key: edited}


async def test_the_last_source_goes_too(redis: Redis) -> None:
    await write_sources(redis, [HUB])

    await write_sources(redis, [])

    assert await read_sources(redis) == SourcesSeen({}, True)


async def test_more_sources_are_written_than_a_script_can_take_at_once(redis: Redis) -> None:
    many = [replace(SHOP, name=f"s{number}") for number in range(9000)]

    await write_sources(redis, many)

    assert len((await read_sources(redis)).statuses) == len(many)


async def test_a_service_that_says_nothing_more_is_not_alive(redis: Redis) -> None:
    await write_sources(redis, [HUB])
    left_ms = await redis.pttl(ALIVE)
    await redis.pexpire(ALIVE, 1)
    await asyncio.sleep(0.01)

    assert 10_000 < left_ms <= 15_000
    assert await read_sources(redis) == SourcesSeen({HUB.key: HUB}, False)


async def test_a_service_that_leaves_is_not_alive_at_once(redis: Redis) -> None:
    await write_sources(redis, [HUB])

    await leave_sources(redis)

    assert await read_sources(redis) == SourcesSeen({HUB.key: HUB}, False)


async def test_a_full_store_takes_statuses(redis: Redis) -> None:
    await redis.config_set("maxmemory", 1)

    await write_sources(redis, [HUB])

    await redis.config_set("maxmemory", MEMORY_BYTES)
    assert (await read_sources(redis)).statuses == {HUB.key: HUB}


def test_both_keys_lie_in_one_slot_of_a_cluster() -> None:
    assert key_slot(SOURCES.encode()) == key_slot(ALIVE.encode())


async def test_where_nobody_serves_sources_none_are_left(redis: Redis) -> None:
    await write_sources(redis, [HUB])

    await forget_sources(redis)

    assert await read_sources(redis) == SourcesSeen()

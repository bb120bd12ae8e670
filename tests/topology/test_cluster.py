"""Logs and the catalog in a cluster, while slots move and nodes die."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from redis.crc import key_slot

from console.scrape import Scraper
from poplin.catalog import BrokerRecord, Catalog, Follower, TriggerRecord, publish
from poplin.catalog.catalog import CATALOG
from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.log import Entry, Held, Log, LogId, Matches, Roster
from poplin.log.once import digest_of
from poplin.metrics import Counts, Flusher, add_totals, prune
from poplin.metrics.families import ACCEPTED
from poplin.store import LeanRedis, check_profile, connect
from sources.kubernetes.memory import Memory, Remembered, forget, forget_watches
from sources.kubernetes.values import Noted
from tests.log.helpers import FOR_EVER, GENERATION, accepted, event, owed
from tests.sources.in_hand import InHand
from tests.topology.servers import Cluster, Node
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

BROKERS = [f"shop/orders-{number}" for number in range(6)]
EVENTS = 400
BATCH = 4


@pytest_asyncio.fixture(loop_scope="module")
async def redis(nodes: Cluster) -> AsyncIterator[LeanRedis]:
    """A client of a cluster without keys."""
    for node in nodes.nodes:
        await node.admin.flushall()
        await node.admin.script_flush()
    client = connect(nodes.url, timeout_s=5)
    yield client
    await client.aclose()


async def _log(redis: LeanRedis, broker: str = "shop/orders") -> Log:
    log = Log(redis, broker)
    await log.fence(GENERATION)
    return log


def _slot(log: Log) -> int:
    return key_slot(log.keys.log.encode())


async def _other(nodes: Cluster, slot: int) -> Node:
    """A node that does not serve the slot."""
    owner = await nodes.owner(slot)
    return next(node for node in nodes.nodes if node is not owner)


async def test_a_partition_works_wherever_its_slot_is(nodes: Cluster, redis: LeanRedis) -> None:
    logs = [await _log(redis, broker) for broker in BROKERS]

    for log in logs:
        await owed(log, 3, "a", "b")
        leased = await log.lease("a", 10, FOR_EVER)
        held = [Held("a", entry.id, leased.token) for entry in leased.entries]
        assert await log.settle(held) == [True] * 3
        assert await log.server_time_us() > 1e15

    assert len({(await nodes.owner(_slot(log))).port for log in logs}) == 3


async def test_the_catalog_is_published_and_followed(nodes: Cluster, redis: LeanRedis) -> None:
    seen: asyncio.Queue[Catalog] = asyncio.Queue()
    stop = asyncio.Event()
    following = asyncio.create_task(Follower(redis, nodes.url, seen.put_nowait).run(stop))
    broker = BrokerRecord(namespace="default", name="b")
    trigger = TriggerRecord(
        uid="u", namespace="default", name="t", broker="b", subscriber_uri="http://s/"
    )

    async with asyncio.timeout(10):
        assert (await seen.get()).version == 0
        published = await publish(redis, [broker], [trigger])
        assert await seen.get() == published
        slot = key_slot(CATALOG.encode())
        await nodes.move_slot(slot, await _other(nodes, slot))
        without = await publish(redis, [broker], [])
        assert await seen.get() == without
        stop.set()
        await following


async def test_a_read_that_waits_notices_that_its_slot_has_moved(
    nodes: Cluster, redis: LeanRedis
) -> None:
    log = await _log(redis)
    cursor = (await accepted(log, 1))[0]
    reader = connect(nodes.url)
    reading = asyncio.create_task(_read_until_found(log, cursor, reader))
    source = await nodes.owner(_slot(log))

    async def is_waiting() -> bool:
        return bool((await source.info())["blocked_clients"])

    await until(is_waiting)
    await nodes.move_slot(_slot(log), await _other(nodes, _slot(log)))
    ids = await accepted(log, 1)

    async with asyncio.timeout(3):
        assert await reading == ids
    await reader.aclose()


async def _read_until_found(log: Log, cursor: LogId, reader: LeanRedis) -> list[LogId]:
    while True:
        found = await log.read(cursor, 10, 0.5, reader)
        if found:
            return [log_id for log_id, _ in found]


async def test_nothing_is_lost_or_doubled_while_slots_move(
    nodes: Cluster, redis: LeanRedis
) -> None:
    """MOVED, ASK and TRYAGAIN mean that nothing was done; scripts are new on every node."""
    log = await _log(redis)
    kept: list[LogId] = []
    settled: Counter[LogId] = Counter()
    stop = asyncio.Event()

    async def write() -> None:
        while len(kept) < EVENTS:
            kept.extend(await log.append([event(len(kept))] * BATCH) or [])

    moving = asyncio.create_task(_move(nodes, log, stop))
    working = asyncio.create_task(_route_and_settle(log, settled, EVENTS))
    async with asyncio.timeout(40):
        await write()
        await working
    stop.set()
    moves = await moving

    print(f"{moves} moves of the slot, {len(kept)} events")  # noqa: T201 - with pytest -s
    assert moves >= 5
    assert settled == Counter(kept)
    assert [log_id for log_id, _ in await log.read(LogId(b"0-0"), 10_000, 0)] == kept


async def _move(nodes: Cluster, log: Log, stop: asyncio.Event) -> int:
    """How often its slot moved until then."""
    moves = 0
    while not stop.is_set():
        to = await _other(nodes, _slot(log))
        await nodes.move_slot(_slot(log), to, between=lambda: asyncio.sleep(0.01))
        moves += 1
        await asyncio.sleep(0.02)
    return moves


async def test_repeats_are_known_wherever_their_slot_is(nodes: Cluster, redis: LeanRedis) -> None:
    log = await _log(redis)
    stop, kept = asyncio.Event(), list[LogId]()
    moving = asyncio.create_task(_move(nodes, log, stop))

    async with asyncio.timeout(40):
        for number in range(12):
            entry = Entry(b'{"id":"%d","source":"/s"}' % number, None, b"")
            digest = digest_of(entry)
            for _ in range(2):
                appended = await log.append_once([entry, entry], [digest] * 2, 600_000)
                assert appended is not None
                kept += appended.ids
    stop.set()

    assert await moving >= 1
    assert Counter(kept) == dict.fromkeys(kept, 4)
    assert [log_id for log_id, _ in await log.read(LogId(b"0-0"), 10_000, 0)] == kept[::4]


async def _route_and_settle(log: Log, settled: Counter[LogId], count: int) -> None:
    while settled.total() < count:
        position = await log.position()
        found = await log.read(position.cursor, 64, 0.1)
        if not found:
            continue
        ids = [log_id for log_id, _ in found]
        routed = await log.route(position, ids[-1], len(ids), {"a": Matches(ids, len(ids))})
        assert routed.token is not None
        flags = await log.settle([Held("a", log_id, routed.token) for log_id in ids])
        settled.update(log_id for log_id, flag in zip(ids, flags, strict=True) if flag)


async def test_what_sources_remember_of_a_cluster_is_in_one_slot(redis: LeanRedis) -> None:
    held, noted = InHand(), Noted("shop", "web", "1")
    await redis.set(held.key, held.token)
    memory = Memory(redis, "ApiServerSource/default/pods", "w")

    await memory.put(held, {"uid-1": noted, "uid-2": None}, ("shop", "7"))
    assert await memory.read() == Remembered({"uid-1": noted}, {"shop": "7"})
    await forget_watches(redis, held, "ApiServerSource/default/pods", keep=set())
    assert await memory.read() == Remembered({}, {})
    await memory.put(held, {"uid-1": noted}, None)
    await forget(redis, "ApiServerSource/default/pods")
    assert await memory.read() == Remembered({}, {})


async def test_a_node_that_dies_takes_only_its_own_slots_away(
    nodes: Cluster, redis: LeanRedis
) -> None:
    for node in nodes.nodes:
        await node.admin.config_set("cluster-require-full-coverage", "no")
    logs = [await _log(redis, broker) for broker in BROKERS]
    victim = await nodes.owner(_slot(logs[0]))
    (theirs, *_) = [log for log in logs if await nodes.owner(_slot(log)) is not victim]

    victim.kill()

    with pytest.raises(StoreUnavailableError):
        await logs[0].append([event()])
    assert await theirs.append([event()]) is not None
    await victim.start_again()
    await until(lambda: _is_open(logs[0]))


async def _is_open(log: Log) -> bool:
    try:
        return await log.append([]) is not None
    except StoreUnavailableError:
        return False


async def test_the_profile_is_checked_on_every_node(nodes: Cluster, redis: LeanRedis) -> None:
    assert await check_profile(redis, "durable")

    await nodes.nodes[2].admin.config_set("maxmemory-policy", "allkeys-lru")
    with pytest.raises(ConfigurationError, match="maxmemory-policy is 'allkeys-lru'"):
        await check_profile(redis, "durable")
    await nodes.nodes[2].admin.config_set("maxmemory-policy", "noeviction")


async def test_the_url_of_one_node_is_refused(nodes: Cluster) -> None:
    redis = connect(f"redis://127.0.0.1:{nodes.nodes[0].port}")

    with pytest.raises(ConfigurationError, match=r"use --redis redis\+cluster://"):
        await check_profile(redis, "durable")
    await redis.aclose()


async def test_what_is_counted_is_scraped_wherever_it_is_kept(redis: LeanRedis) -> None:
    await publish(redis, [BrokerRecord(namespace="shop", name="orders", partitions=4)], [])
    await Roster(redis, "one").look()
    counts = Counts()
    counts.add((ACCEPTED, "shop/orders"), 3)
    await Flusher(redis, counts).flush()
    await add_totals(redis, (ACCEPTED, "shop/orders"), 1)

    scrape = await Scraper(redis).scrape()

    assert scrape.totals.counters == {ACCEPTED: {("shop", "orders"): 4}}
    assert scrape.memory is not None
    assert scrape.dispatchers == 1
    assert await prune(redis) == 0

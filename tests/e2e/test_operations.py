"""Redrive, purge, replay, pause and resume, from the command line through a whole fabric."""

import re
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from poplin.catalog import set_paused
from poplin.catalog.catalog import read
from poplin.store import connect
from tests.command import Poplin
from tests.fabric import Fabric, Subscriber, broker_yaml, subscriber, trigger_yaml
from tests.shop import Shop
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LETTERS = 1000
OLD = 1000
ROSTER = "{poplin:catalog}:dispatchers"
FAST = ("--rate", "5000")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def fabric(peer: Subscriber, folder: Path) -> AsyncIterator[Fabric]:
    yaml = (
        broker_yaml(
            "{retry: 1, backoffPolicy: linear, backoffDelay: PT0.05S}", "poplin.dev/partitions: '2'"
        )
        + trigger_yaml("audit", f"{peer.url}/audit", kind="audit")
        + trigger_yaml("other", f"{peer.url}/other", kind="other")
    )
    async with Fabric.up(folder, yaml) as each:
        yield each


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def redis(fabric: Fabric, folder: Path) -> AsyncIterator[Redis]:
    assert fabric
    client = connect(f"unix://{folder}/data/store/store.sock")
    yield client
    await client.aclose()


@pytest.fixture
def poplin(fabric: Fabric) -> Poplin:
    return Poplin(fabric.admin_url)


@pytest_asyncio.fixture(loop_scope="module")
async def shop(redis: Redis, peer: Subscriber) -> AsyncIterator[Shop]:
    peer.received.clear()
    peer.answer = lambda _: (202, "", b"")
    shop = Shop(redis, peer)
    yield shop
    uid = (await read(redis)).triggers["default/audit"].uid
    await set_paused(redis, uid, is_paused=False)
    await shop.is_idle()
    for log in shop.logs:
        await log.purge(uid, await log.dead(uid))


async def test_all_dead_letters_are_redriven_and_nothing_else(shop: Shop, poplin: Poplin) -> None:
    ids = await shop.given_up("r", LETTERS)
    await shop.accept("delivered", 10)
    await shop.is_idle()
    shop.peer.received.clear()

    done = await poplin("dead-letters", "redrive", "audit", "--all", "--yes", "-o", "json", *FAST)
    await shop.is_idle()

    assert done.json == {"trigger": "default/audit", "count": LETTERS}
    assert set(shop.got("")) == ids
    assert await shop.dead() == 0


async def test_what_dies_again_is_redriven_once(shop: Shop, poplin: Poplin) -> None:
    await shop.given_up("again", 300)
    shop.peer.answer = lambda _: (400, "", b"")

    done = await poplin(
        "dead-letters", "redrive", "audit", "--all", "--yes", "-o", "json", "--rate", "200"
    )
    await shop.is_idle()

    assert done.json["count"] == 300
    assert set(shop.got("again").values()) == {1}
    assert await shop.dead() == 300


async def test_a_redrive_stops_between_slices_and_says_how_many_were_done(
    shop: Shop, poplin: Poplin
) -> None:
    await shop.given_up("stopped", 400)

    done = await poplin.interrupted(
        lambda: shop.peer.wait_for(50),
        "dead-letters", "redrive", "audit", "--all", "--yes", "--rate", "25",
    )  # fmt: skip
    await shop.is_idle()

    said = re.fullmatch(r"poplin: stopped: (\d+) of 400 were redriven\n", done.err)
    assert done.code == 130
    assert said, done
    assert 50 <= int(said[1]) < 400
    assert len(shop.got("stopped")) == int(said[1])
    assert await shop.dead() == 400 - int(said[1])


async def test_a_replay_sends_exactly_what_matches_with_its_mark(
    shop: Shop, poplin: Poplin
) -> None:
    await shop.accept("x", OLD, subject="x")
    wanted = await shop.accept("y", OLD, subject="y")
    await shop.accept("z", 100, kind="other", subject="y")
    await shop.is_idle()
    shop.peer.received.clear()

    done = await poplin(
        "replay", "main", "--trigger", "audit", "--filter", "subject=y", "--since", "1h", "--yes",
        "-o", "json", *FAST,
    )  # fmt: skip
    await shop.is_idle()

    assert (done.json["matched"], done.json["replayed"]) == (OLD, OLD)
    assert set(shop.got("")) == wanted
    marks = {each.headers.get("ce-poplinreplay") for each in shop.peer.received}
    assert marks == {done.json["replayId"]}
    one = next(each for each in shop.peer.received if each.headers["ce-id"] == "y-7")
    assert one.data == b"data of y-7"


async def test_a_mark_stays_through_retries(shop: Shop, poplin: Poplin) -> None:
    await shop.accept("retried", 20, subject="r")
    await shop.is_idle()
    shop.peer.received.clear()
    shop.peer.answer = lambda _: (503, "", b"")

    arguments = ("replay", "main", "-t", "audit", "--filter", "subject = 'r'", "--yes")
    done = await poplin(*arguments, "-o", "json")
    await shop.is_idle()
    await poplin("dead-letters", "redrive", "audit", "--all", "--yes")
    await shop.is_idle()

    marks = Counter(each.headers.get("ce-poplinreplay") for each in shop.peer.received)
    assert marks == {done.json["replayId"]: 20 * 4}


async def test_a_replay_stops_between_slices_and_says_how_many_were_done(
    shop: Shop, poplin: Poplin
) -> None:
    await shop.accept("half", 400, subject="half")
    await shop.is_idle()
    shop.peer.received.clear()

    done = await poplin.interrupted(
        lambda: shop.peer.wait_for(50),
        "replay", "main", "-t", "audit", "--filter", "subject=half", "--rate", "25", "--yes",
    )  # fmt: skip
    await shop.is_idle()

    said = re.match(r"poplin: stopped: (\d+) of 400 were replayed; they are marked", done.err)
    assert done.code == 130
    assert said, done
    assert len(shop.got("half")) == int(said[1]) < 400


async def test_a_paused_trigger_waits_and_goes_on_at_once(
    shop: Shop, poplin: Poplin, fabric: Fabric
) -> None:
    paused = await poplin("pause", "audit")
    await _dispatchers_looked(shop.redis)
    ids = await shop.accept("paused", 200)
    await shop.accept("beside", 10, kind="other")
    await shop.peer.wait_for(10)
    shown = await poplin("get", "triggers", "audit")
    received = shop.got("paused")

    resumed = await poplin("resume", "audit")
    await shop.peer.wait_for(210)

    assert paused.out == "trigger default/audit is paused; 0 wait\n"
    assert "Paused" in shown.out
    assert not received
    assert resumed.out == "trigger default/audit goes on; 200 waited\n"
    assert set(shop.got("paused")) == ids
    assert any("trigger paused" in line for line in fabric.lines)


async def _dispatchers_looked(redis: Redis) -> None:
    """At what is paused, from now on: they do between two words of the roster."""
    for _ in range(2):
        before = await redis.zrange(ROSTER, 0, -1, withscores=True)

        async def has_spoken(before: object = before) -> bool:
            return bool(await redis.zrange(ROSTER, 0, -1, withscores=True) != before)

        await until(has_spoken)

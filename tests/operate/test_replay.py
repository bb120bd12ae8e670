"""Replays slice by slice: what is in the window and matches, each event once, until now."""

from dataclasses import replace

import pytest
from redis.asyncio import Redis

from poplin.catalog import publish
from poplin.catalog.catalog import logs
from poplin.filters import compile_filters
from poplin.log import LogId
from poplin.operate import (
    MOST_AHEAD,
    Place,
    ReplayOrder,
    ReplaySlice,
    TriggerGoneError,
    replay,
)
from tests.operate.scene import Scene

FOR_ALL_TIMES = 1 << 52


def order(scene: Scene, *filters: dict[str, object], **more: object) -> ReplayOrder:
    found = ReplayOrder(
        filters=(compile_filters(scene.trigger.filters), compile_filters(filters)),
        since_us=0, until_us=FOR_ALL_TIMES, mark="r1",
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type] # as the caller names them


async def replayed(scene: Scene, what: ReplayOrder) -> list[ReplaySlice]:
    """All slices."""
    slices: list[ReplaySlice] = []
    place: Place | None = what.after
    while place is not None:
        part = replace(what, after=place)
        slices.append(await replay(scene.redis, scene.broker, scene.trigger, part))
        place = slices[-1].next
    return slices


@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_all_slices_together_replay_what_matches_once(redis: Redis, limit: int) -> None:
    scene = Scene(redis, partitions=3)
    await scene.publish()
    wanted = [await scene.settled(8, 0), [], await scene.settled(8, 2)]
    await scene.settled(8, 0, wanted="0")
    await scene.settled(8, 1, wanted="0")

    slices = await replayed(scene, order(scene, limit=limit))

    assert [await scene.due(n) for n in range(3)] == wanted
    assert sum(each.scanned for each in slices) == 32
    assert [sum(each.matched for each in slices), sum(e.done.replayed for e in slices)] == [16, 16]
    assert all(each.matched <= limit for each in slices)
    assert slices[-1].remaining == 0


async def test_a_filter_narrows_what_the_trigger_takes_and_never_widens_it(redis: Redis) -> None:
    scene = Scene(redis)
    await scene.publish()
    await scene.settled(3, subject="x", wanted="0")
    await scene.settled(3, subject="y")
    ids = await scene.settled(3, subject="x")

    await replayed(scene, order(scene, {"exact": {"subject": "x"}}))

    assert await scene.due() == ids


async def test_only_the_window_is_replayed(redis: Redis) -> None:
    """Both ends are in it, to the millisecond."""
    scene = Scene(redis)
    await scene.publish()
    for ms in (1000, 2000, 3000, 4000):
        await redis.xadd(scene.logs[0].keys.log, {"a": b'{"wanted":"1"}'}, id=f"{ms}-1")
    await redis.hset(scene.logs[0].keys.state, "cursor", "4000-1")

    slices = await replayed(scene, order(scene, since_us=2_000_000, until_us=3_000_999))

    assert await scene.due() == [LogId(b"2000-1"), LogId(b"3000-1")]
    assert sum(each.scanned for each in slices) == 2


async def test_what_waits_and_what_is_not_routed_yet_is_counted_apart(redis: Redis) -> None:
    scene = Scene(redis)
    await scene.publish()
    await scene.settled(3)
    await scene.waiting(2)
    await scene.accept(4)

    (found,) = await replayed(scene, order(scene))

    assert found.done == (3, 2, 4)
    assert (found.matched, found.backlog) == (9, 5)


async def test_a_dry_run_counts_and_changes_nothing(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    await scene.settled(3, 0)
    await scene.settled(4, 1)

    slices = await replayed(scene, order(scene, is_dry=True))

    assert sum(each.matched for each in slices) == 7
    assert [await scene.due(0), await scene.due(1)] == [[], []]


async def test_a_replay_waits_for_a_subscriber_that_is_far_behind(redis: Redis) -> None:
    scene = Scene(redis)
    await scene.publish()
    await scene.settled(20)
    await scene.waiting(MOST_AHEAD - 10)

    first = await replay(redis, scene.broker, scene.trigger, order(scene))
    assert first.next is not None
    held_up = await replay(redis, scene.broker, scene.trigger, order(scene, after=first.next))
    await scene.settle()
    rest = order(scene, after=first.next, limit=10)
    last = await replay(redis, scene.broker, scene.trigger, rest)

    assert (first.done.replayed, first.scanned) == (10, 10)
    assert (held_up.scanned, held_up.next, held_up.backlog) == (0, first.next, MOST_AHEAD)
    assert last.done.replayed == 10


async def test_a_replay_ends_with_its_trigger(redis: Redis) -> None:
    """Also when one of that name came in its place."""
    scene = Scene(redis)
    await scene.publish()
    await scene.settled(3)
    await scene.publish(replace(scene.trigger, uid="another"))

    with pytest.raises(TriggerGoneError, match="default/audit was removed"):
        await replay(redis, scene.broker, scene.trigger, order(scene))
    assert await scene.due() == []


async def test_a_replay_goes_on_when_the_catalog_changes(redis: Redis) -> None:
    scene = Scene(redis)
    await scene.publish()
    ids = await scene.settled(4)

    first = await replay(redis, scene.broker, scene.trigger, order(scene, limit=2))
    await scene.publish(scene.trigger, replace(scene.trigger, uid="other", name="other"))
    await replayed(scene, order(scene, after=first.next))

    assert await scene.due() == ids


async def test_what_remains_is_estimated_by_time(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    for log in scene.logs:
        for ms in range(1000, 2000):
            await redis.xadd(log.keys.log, {"a": b"{}"}, id=f"{ms}-0")
        await redis.hset(log.keys.state, "cursor", "1999-0")

    found = await replay(
        redis, scene.broker, scene.trigger, order(scene, since_us=1_500_000, limit=1)
    )
    part = await replay(
        redis,
        scene.broker,
        scene.trigger,
        order(scene, until_us=1_499_000, after=Place(0, LogId(b"1249-0")), is_dry=True),
    )

    assert (found.scanned, found.next, found.remaining) == (500, Place.beginning(1), 500)
    assert (part.scanned, part.next, part.remaining) == (250, Place.beginning(1), 500)


async def test_an_empty_broker_has_nothing_to_replay(redis: Redis) -> None:
    scene = Scene(redis)
    await publish(redis, [scene.broker], [scene.trigger])
    assert logs(redis, scene.broker)

    (found,) = await replayed(scene, order(scene))

    assert (found.scanned, found.remaining, found.next) == (0, 0, None)

"""Dead letters in pages, and slices of them redriven and purged."""

import pytest
from redis.asyncio import Redis

from poplin.operate import (
    Place,
    Selection,
    UnknownLetterError,
    find_letter,
    list_letters,
    purge,
    redrive,
)
from tests.operate.scene import GRAVE, Scene


async def _pages(scene: Scene, limit: int) -> list[Place]:
    """All letters; each page but the last is full and says how many follow."""
    found: list[Place] = []
    remaining: list[int] = []
    after = None
    while not remaining or remaining[-1]:
        page = await list_letters(scene.redis, scene.broker, scene.uid, limit, after=after)
        found += [letter.place for letter in page.letters]
        remaining.append(page.remaining)
        after = (page.letters[-1].died_us, page.letters[-1].place)
    assert remaining == [
        max(0, len(found) - limit * number) for number in range(1, len(remaining) + 1)
    ]
    return found


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 100])
async def test_pages_hold_every_letter_once_and_the_oldest_first(redis: Redis, limit: int) -> None:
    """Also those of a batch, which all died at the same time."""
    scene = Scene(redis, partitions=3)
    await scene.publish()
    batches = [(partition, await scene.dead(5, partition)) for partition in (1, 0, 2, 1)]

    found = await _pages(scene, limit)

    assert found == [Place(partition, each) for partition, ids in batches for each in ids]


async def test_letters_of_several_partitions_that_died_together_follow_the_partitions(
    redis: Redis,
) -> None:
    scene = Scene(redis, partitions=3)
    await scene.publish()
    ids = [await scene.dead(3, partition) for partition in range(3)]
    for log, each in zip(scene.logs, ids, strict=True):
        await redis.zadd(log.keys.dead(scene.uid), dict.fromkeys(each, 5))

    found = await _pages(scene, 2)

    assert found == [Place(n, log_id) for n, each in enumerate(ids) for log_id in each]


async def test_a_letter_tells_its_event_and_its_grave(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    (log_id,) = await scene.dead(1, partition=1)

    letter = await find_letter(redis, scene.broker, scene.uid, Place(1, log_id))

    assert letter is not None
    assert (letter.grave, letter.attributes["id"]) == (GRAVE, "0")
    for other in (Place(0, log_id), Place(7, log_id)):
        assert await find_letter(redis, scene.broker, scene.uid, other) is None


async def test_letters_are_inspected_in_parts_however_large_their_events(redis: Redis) -> None:
    scene = Scene(redis)
    await scene.publish()
    await scene.dead(6, large="x" * 2_000_000)

    page = await list_letters(redis, scene.broker, scene.uid, 100)

    assert [letter.attributes["id"] for letter in page.letters] == [str(n) for n in range(6)]


async def test_slices_redrive_every_letter_once_though_it_dies_again(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    await scene.dead(25, 0)
    await scene.dead(25, 1)

    done = await redrive(redis, scene.broker, scene.uid, Selection(limit=10))
    counts, died = [(done.count, done.remaining)], 0
    while done.count:
        died += await scene.die_again(0) + await scene.die_again(1)
        selection = Selection(limit=10, before_us=done.before_us)
        done = await redrive(redis, scene.broker, scene.uid, selection)
        counts.append((done.count, done.remaining))

    assert counts == [(10, 40), (10, 30), (10, 20), (10, 10), (10, 0), (0, 0)]
    assert died == 50


async def test_a_slice_takes_the_oldest_of_all_partitions(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    old = await scene.dead(3, 1)
    await scene.dead(3, 0)

    await redrive(redis, scene.broker, scene.uid, Selection(limit=3))

    assert (await scene.due(1), await scene.due(0)) == (old, [])


async def test_named_letters_are_redriven_all_or_none(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    ids = await scene.dead(3, 1)
    named = tuple(Place(1, each) for each in ids[:2])

    wrong = Selection(places=(*named, Place(0, ids[2])))
    with pytest.raises(UnknownLetterError, match="no dead letter 0:") as raised:
        await redrive(redis, scene.broker, scene.uid, wrong)
    untouched = await scene.due(1)
    done = await redrive(redis, scene.broker, scene.uid, Selection(places=(*named, named[0])))

    assert str(Place(1, ids[2])) in raised.value.nearest
    assert untouched == []
    assert (done.count, done.remaining) == (2, 1)
    assert await scene.due(1) == ids[:2]


async def test_purged_letters_are_gone_and_the_others_stay(redis: Redis) -> None:
    scene = Scene(redis, partitions=2)
    await scene.publish()
    old, new = await scene.dead(3, 0), await scene.dead(3, 1)

    done = await purge(redis, scene.broker, scene.uid, Selection(limit=3))

    page = await list_letters(redis, scene.broker, scene.uid, 100)
    assert (done.count, done.remaining) == (3, 3)
    assert [letter.place for letter in page.letters] == [Place(1, each) for each in new]
    assert old
    assert await redis.hlen(scene.logs[0].keys.refs) == 0

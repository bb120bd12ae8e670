"""Nothing is remembered that the sink has not, and nothing is sent by who lost the turn."""

import asyncio

import pytest

from sources.turn import TurnLostError
from tests.fabric import Received
from tests.sources.kubernetes.scene import Scene, told
from tests.waiting import until

LARGE = {"filler": "x" * 200_000}


async def test_while_the_sink_is_away_no_more_is_read_and_then_all_goes_on(scene: Scene) -> None:
    async with scene.working():
        await scene.ready()
        await until(lambda: scene.api.watched)
        scene.sink.answer = lambda _: (503, "", b"")
        scene.api.put("Pod", "test", "first")
        await scene.sink.wait_for(1)
        before = await scene.checkpoint()
        for number in range(200):  # 40 MB: what lies between holds a few
            scene.api.put("Pod", "test", f"p{number}", annotations=LARGE)
        (watch,) = scene.api._watches
        await asyncio.sleep(0.5)

        assert watch.lines.qsize() > 100
        assert await scene.checkpoint() == before
        scene.sink.answer = lambda _: (202, "", b"")
        await until(lambda: len({each.headers["ce-id"] for each in scene.sink.received}) == 201)
        await until(lambda: _is_at(scene, scene.api.version))


async def _is_at(scene: Scene, version: int) -> bool:
    return await scene.checkpoint() == str(version)


@pytest.mark.parametrize("hears", ["by its clock", "of the store"])
async def test_who_lost_the_turn_sends_and_remembers_nothing_more(scene: Scene, hears: str) -> None:
    scene.api.put("Pod", "test", "a")
    async with scene.working() as running:
        await scene.ready()
        await until(lambda: scene.api.watched)
        before = await scene.checkpoint()

        def lose(_: Received) -> tuple[int, str, bytes]:
            scene.hand.is_lost = hears == "by its clock"
            return 202, "", b""

        scene.sink.answer = lose
        await scene.redis.set(scene.hand.key, "another")
        scene.api.put("Pod", "test", "a", spec={"x": 1})
        await asyncio.wait([running], timeout=10)
        scene.api.put("Pod", "test", "a", spec={"x": 2})

        with pytest.raises(BaseExceptionGroup) as raised:
            running.result()
        assert raised.group_contains(TurnLostError)
        assert [told(each) for each in scene.sink.received] == [("update", "a")]
        assert await scene.checkpoint() == before


async def test_an_object_that_is_new_is_not_told_of_by_who_lost_the_turn(scene: Scene) -> None:
    async with scene.working() as running:
        await scene.ready()
        await scene.redis.set(scene.hand.key, "another")
        scene.api.put("Pod", "test", "a")
        await asyncio.wait([running], timeout=10)

        assert running.done()
        assert not scene.sink.received


async def test_a_turn_that_is_lost_while_the_sink_is_away_sends_nothing_when_it_returns(
    scene: Scene,
) -> None:
    async with scene.working() as running:
        await scene.ready()
        scene.sink.answer = lambda _: (503, "", b"")
        scene.api.put("Pod", "test", "a")
        await scene.sink.wait_for(1)
        scene.hand.is_lost = True
        await asyncio.wait([running], timeout=10)
        scene.sink.answer = lambda _: (202, "", b"")

        assert running.done()


async def test_what_the_sink_refuses_for_good_is_passed_over_and_told(scene: Scene) -> None:
    def refuses(received: Received) -> tuple[int, str, bytes]:
        return (413 if received.headers["ce-name"] == "huge" else 202, "", b"")

    scene.sink.answer = refuses
    async with scene.working():
        await scene.ready()
        scene.api.put("Pod", "test", "huge")
        await scene.told(1)
        assert await _says_too_large(scene)
        scene.api.put("Pod", "test", "small")

        assert await scene.told(2) == [("add", "huge"), ("add", "small")]
        await until(lambda: _is_at(scene, scene.api.version))


async def _says_too_large(scene: Scene) -> bool:
    await until(lambda: scene.says("EventsAccepted") == ("False", "EventTooLarge"))
    return True


async def test_changes_of_one_object_go_out_in_order_and_of_several_beside_each_other(
    scene: Scene,
) -> None:
    async with scene.working():
        await scene.ready()
        await until(lambda: scene.api.watched)
        for version in range(5):
            for name in "abc":
                scene.api.put("Pod", "test", name, spec={"x": version})
        await scene.told(15)

    for name in "abc":
        ids = [
            each.headers["ce-id"] for each in scene.sink.received if each.headers["ce-name"] == name
        ]
        versions = [int(each.rpartition("/")[2]) for each in ids]
        assert versions == sorted(versions)


@pytest.mark.parametrize("steps", [0, 2, 4, 8, 16, 30])
async def test_of_what_the_sink_has_the_delete_is_found_though_nobody_remembers_to_have_told_it(
    scene: Scene, steps: int
) -> None:
    async with scene.working():
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        await scene.told(1)
        for _ in range(steps):
            await asyncio.sleep(0)
    scene.api.delete("Pod", "test", "a")
    scene.api.compact()

    async with scene.working():
        await scene.told(2)

    assert told(scene.sink.received[-1]) == ("delete", "a")

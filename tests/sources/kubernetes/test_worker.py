"""An ApiServerSource tells its sink of each change once, and of none that came before."""

import asyncio
from typing import Any

import orjson
import pytest

from poplin.resources.source_models import Owner, WatchedKind
from sources.kubernetes.memory import forget
from tests.fabric import Received
from tests.sources.kubernetes.scene import KEY, PODS, Scene, spec_of
from tests.waiting import until

CONFIGS = WatchedKind(api_version="v1", kind="ConfigMap")
MINE = WatchedKind(api_version="v1", kind="Pod", selector="team=mine")


async def test_changes_are_told_as_they_happen(scene: Scene) -> None:
    async with scene.working():
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        scene.api.put("Pod", "test", "a", spec={"x": 1})
        scene.api.delete("Pod", "test", "a")

        assert await scene.told(3) == [("add", "a"), ("update", "a"), ("delete", "a")]


async def test_of_what_is_there_at_the_first_start_nothing_is_told(scene: Scene) -> None:
    scene.api.put("Pod", "test", "old")

    async with scene.working():
        await scene.ready()
        scene.api.put("Pod", "test", "old", spec={"x": 1})
        scene.api.put("Pod", "other", "far")
        scene.api.put("Pod", "test", "new")

        assert await scene.told(2) == [("update", "old"), ("add", "new")]


async def test_where_it_is_asked_for_what_is_there_at_the_first_start_is_told_once(
    scene: Scene,
) -> None:
    scene.api.put("Pod", "test", "old")
    spec = spec_of(emits_existing=True)

    async with scene.working(spec):
        assert await scene.told(1) == [("add", "old")]
        await scene.ready()
    async with scene.working(spec):
        await scene.ready()
        scene.api.put("Pod", "test", "new")

        assert await scene.told(2) == [("add", "old"), ("add", "new")]
    assert scene.sink.received[0].headers["ce-synthetic"] == "true"


async def test_what_happened_while_nobody_worked_is_told_after_it(scene: Scene) -> None:
    scene.api.put("Pod", "test", "old")
    async with scene.working():
        await scene.ready()

    scene.api.put("Pod", "test", "brief")
    scene.api.delete("Pod", "test", "brief")
    scene.api.delete("Pod", "test", "old")
    async with scene.working():
        found = await scene.told(3)

    assert sorted(found) == [("add", "brief"), ("delete", "brief"), ("delete", "old")]
    assert found.index(("add", "brief")) < found.index(("delete", "brief"))
    assert "ce-synthetic" not in scene.sink.received[0].headers


async def test_all_of_an_object_is_sent_in_mode_resource(scene: Scene) -> None:
    async with scene.working(spec_of(mode="Resource")):
        await scene.ready()
        scene.api.put("Pod", "test", "a", spec={"x": 1})
        await scene.told(1)

    assert orjson.loads(scene.sink.received[0].data)["spec"] == {"x": 1}


async def test_what_the_source_does_not_ask_for_is_not_told_and_looks_new_never(
    scene: Scene,
) -> None:
    controller = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
    owner = Owner(api_version="apps/v1", kind="ReplicaSet")
    only_adds = ({"suffix": {"type": ".add"}},)

    async with scene.working(spec_of(owner=owner, filters=only_adds)):
        await scene.ready()
        scene.api.put("Pod", "test", "free")
        scene.api.put("Pod", "test", "owned", ownerReferences=[controller])
        scene.api.put("Pod", "test", "owned", ownerReferences=[controller], spec={"x": 1})
        scene.api.put("Pod", "test", "free", ownerReferences=[controller])
        last = scene.api.put("Pod", "test", "also", ownerReferences=[controller])
        assert await scene.told(2) == [("add", "owned"), ("add", "also")]
        await until(lambda: _is_at(scene, last))


async def _is_at(scene: Scene, last: dict[str, Any]) -> bool:
    return await scene.checkpoint() == str(last["metadata"]["resourceVersion"])


async def test_kinds_and_selectors_are_watched_beside_each_other(scene: Scene) -> None:
    async with scene.working(spec_of(MINE, CONFIGS, CONFIGS)):
        await scene.ready()
        scene.api.put("Pod", "test", "mine", labels={"team": "mine"})
        scene.api.put("Pod", "test", "other")
        scene.api.put("Pod", "test", "mine", labels={})
        scene.api.put("ConfigMap", "test", "c")

        found = await scene.told(3)

    assert sorted(found) == [("add", "c"), ("add", "mine"), ("delete", "mine")]


async def test_what_an_edit_leaves_goes_on_what_it_adds_begins_and_what_it_drops_is_forgotten(
    scene: Scene,
) -> None:
    secrets = WatchedKind(api_version="v1", kind="Event")
    async with scene.working(spec_of(PODS, secrets)):
        await scene.ready()

    scene.api.put("Pod", "test", "a")
    scene.api.put("ConfigMap", "test", "old")
    async with scene.working(spec_of(CONFIGS, PODS)):
        await scene.ready()
        assert await scene.told(1) == [("add", "a")]
        scene.api.put("ConfigMap", "test", "new")
        assert await scene.told(2) == [("add", "a"), ("add", "new")]

    scene.api.put("Event", "test", "e")
    async with scene.working(spec_of(secrets)):
        await scene.ready()
        scene.api.put("Event", "test", "f")
        assert (await scene.told(3))[2:] == [("add", "f")]


async def test_of_a_source_that_is_gone_nothing_stays(scene: Scene) -> None:
    scene.api.put("Pod", "test", "a")
    async with scene.working(spec_of(PODS, CONFIGS, namespaces="team=a")):
        await scene.ready()
    assert len(await scene.redis.keys()) > 2

    await forget(scene.redis, KEY)

    assert await scene.redis.keys() == [scene.hand.key.encode()]


async def test_from_one_namespace_to_all_and_back_nothing_is_lost_nor_told_twice(
    scene: Scene,
) -> None:
    scene.api.put("Pod", "test", "old")
    scene.api.put("Pod", "other", "far")
    async with scene.working():
        await scene.ready()

    scene.api.put("Pod", "test", "1")
    scene.api.put("Pod", "other", "not-asked-for")
    async with scene.working(spec_of(namespaces="")):
        await scene.ready()
        assert await scene.told(1) == [("add", "1")]
        scene.api.put("Pod", "other", "2")
        assert (await scene.told(2))[1:] == [("add", "2")]
        assert await scene.checkpoint("test") is None

    scene.api.delete("Pod", "test", "1")
    scene.api.put("Pod", "other", "far", spec={"x": 1})
    async with scene.working():
        await scene.ready()
        assert (await scene.told(3))[2:] == [("delete", "1")]
        assert await scene.checkpoint("") is None
        scene.api.put("Pod", "test", "3")
        assert (await scene.told(4))[3:] == [("add", "3")]


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4, 5, 7, 9, 12, 16, 24, 40])
async def test_a_crash_after_the_sink_has_an_event_loses_none_and_repeats_the_same(
    scene: Scene, steps: int
) -> None:
    async with scene.working(dies=True):
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        scene.api.put("Pod", "test", "b")
        scene.api.delete("Pod", "test", "b")
        scene.api.put("Pod", "test", "c")
        await scene.told(1)
        for _ in range(steps):
            await asyncio.sleep(0)  # so many awaits further, it dies

    async with scene.working():
        await scene.ready()
        last = scene.api.put("Pod", "test", "d")
        await until(lambda: _is_at(scene, last))

    ids = {each.headers["ce-id"]: each for each in scene.sink.received}
    assert len(ids) == 5
    assert {(told_of.headers["ce-name"]) for told_of in ids.values()} == {"a", "b", "c", "d"}


async def test_one_that_ends_in_order_repeats_nothing(scene: Scene) -> None:
    """It is told to while the sink has an event and did not answer yet."""
    async with scene.working() as running:
        await scene.ready()

        def end(_: Received) -> tuple[int, str, bytes]:
            running.cancel()
            return 202, "", b""

        scene.sink.answer = end
        scene.api.put("Pod", "test", "a")
        await scene.told(1)
        await asyncio.wait([running])
    scene.sink.answer = lambda _: (202, "", b"")
    async with scene.working():
        scene.api.put("Pod", "test", "b")

        assert await scene.told(2) == [("add", "a"), ("add", "b")]

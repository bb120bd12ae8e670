"""Where the API server's history does not reach back, a list is compared: nothing is missed."""

import asyncio
from collections.abc import Callable
from typing import Literal

import pytest

from poplin.resources.source_models import WatchedKind
from tests.sources.kubernetes.scene import Scene, Told, spec_of, told
from tests.sources.kubernetes_api import Called, KubernetesApi, Reply
from tests.waiting import until


def lists(api: KubernetesApi) -> list[Called]:
    """Those of pods, without the short ones that only ask how far it is."""
    return [
        each
        for each in api.calls
        if each.verb == "list" and each.plural == "pods" and "fieldSelector" not in each.query
    ]


def watches(api: KubernetesApi) -> list[Called]:
    return [each for each in api.calls if each.verb == "watch" and each.plural == "pods"]


def much_happens(api: KubernetesApi) -> list[Told]:
    """While nobody looks. Returns what is to be told."""
    api.put("Pod", "test", "changed", spec={"x": 1})
    api.delete("Pod", "test", "gone")
    api.delete("Pod", "test", "anew")
    api.put("Pod", "test", "anew")
    api.put("Pod", "test", "new")
    api.put("Pod", "test", "brief")
    api.delete("Pod", "test", "brief")
    return [
        ("add", "anew"),
        ("add", "new"),
        ("delete", "anew"),
        ("delete", "gone"),
        ("update", "changed"),
    ]


async def begin(scene: Scene) -> None:
    for name in ("same", "changed", "gone", "anew"):
        scene.api.put("Pod", "test", name)
    async with scene.working():
        await scene.ready()


@pytest.mark.parametrize("tells", ["status", "stream"])
async def test_what_happened_outside_the_history_is_found(
    scene: Scene, tells: Literal["status", "stream"]
) -> None:
    await begin(scene)
    scene.api.tells_gone = tells
    expected = much_happens(scene.api)
    scene.api.compact()

    async with scene.working():
        found = await scene.told(len(expected))
        await scene.ready()
        scene.api.put("Pod", "test", "last")
        await scene.told(len(expected) + 1)

    assert sorted(found) == expected
    assert found.index(("delete", "anew")) < found.index(("add", "anew"))
    synthetic = [each.headers.get("ce-synthetic") for each in scene.sink.received]
    assert synthetic == ["true"] * len(expected) + [None]
    counts = scene.counted()
    assert (counts["relists_total"], counts["found_total"]) == (1, len(expected))


@pytest.mark.parametrize("tells", ["status", "stream"])
async def test_history_may_be_gone_in_midst_of_the_work(
    scene: Scene, tells: Literal["status", "stream"]
) -> None:
    scene.api.tells_gone = tells
    async with scene.working():
        await scene.ready()
        await until(lambda: scene.api.watched)
        # What happens is told to no watch that is open.
        open_watches, scene.api._watches = scene.api._watches, []
        scene.api.put("Pod", "test", "a")
        scene.api.compact()
        for each in open_watches:
            each.lines.put_nowait("end")
        scene.api._watches = []

        assert await scene.told(1) == [("add", "a")]
        await until(lambda: scene.api.watched)
        scene.api.put("Pod", "test", "b")
        assert await scene.told(2) == [("add", "a"), ("add", "b")]


async def test_a_history_that_is_always_gone_is_no_hot_loop(scene: Scene) -> None:
    scene.api.fails = lambda called: (
        Reply.told(410, "too old", "Expired") if called.verb == "watch" else None
    )
    async with scene.working():
        await until(lambda: len(lists(scene.api)) >= 4)
        before = len(scene.api.calls)
        await asyncio.sleep(0.3)  # pauses are 0.05 to 0.1 s by now

        assert len(scene.api.calls) - before <= 2 * 8
        scene.api.put("Pod", "test", "a")
        assert await scene.told(1) == [("add", "a")]


async def test_a_watch_that_ends_at_once_is_no_hot_loop(scene: Scene) -> None:
    scene.api.fails = lambda called: Reply() if called.verb == "watch" else None
    async with scene.working():
        await until(lambda: len(watches(scene.api)) >= 4)
        before = len(watches(scene.api))
        await asyncio.sleep(0.3)

        assert len(watches(scene.api)) - before <= 8


async def test_a_list_that_fails_half_way_is_begun_anew(scene: Scene) -> None:
    for number in range(600):
        scene.api.put("Pod", "test", f"p{number}")
    async with scene.working():
        await scene.ready()
    scene.api.delete("Pod", "test", "p1")
    scene.api.delete("Pod", "test", "p599")
    scene.api.compact()
    left = [503, 500]

    def fails(called: Called) -> Reply | None:
        return Reply.told(left.pop()) if "continue" in called.query and left else None

    scene.api.fails = fails
    async with scene.working():
        found = await scene.told(2)

    assert sorted(found) == [("delete", "p1"), ("delete", "p599")]
    assert not left


async def test_what_is_deleted_while_a_list_begins_anew_is_found(scene: Scene) -> None:
    for number in range(600):
        scene.api.put("Pod", "test", f"p{number}")
    async with scene.working():
        await scene.ready()
    scene.api.put("Pod", "test", "p2", spec={"x": 1})
    scene.api.compact()
    left = ["p1"]

    def fails(called: Called) -> Reply | None:
        if "continue" in called.query and left:
            scene.api.delete("Pod", "test", left.pop())
            scene.api.compact()
        return None

    scene.api.fails = fails
    async with scene.working():
        found = await scene.told(2)

    assert sorted(found) == [("delete", "p1"), ("update", "p2")]


async def test_what_changes_between_the_list_and_the_watch_is_told(scene: Scene) -> None:
    changes: list[Callable[[], object]] = [
        lambda: scene.api.put("Pod", "test", "new"),
        lambda: scene.api.delete("Pod", "test", "old"),
    ]

    def fails(called: Called) -> Reply | None:
        if called.verb == "watch":
            while changes:
                changes.pop(0)()
        return None

    scene.api.put("Pod", "test", "old")
    scene.api.fails = fails
    async with scene.working():
        assert sorted(await scene.told(2)) == [("add", "new"), ("delete", "old")]


async def test_what_a_watch_repeats_is_told_once(scene: Scene) -> None:
    scene.api.sends_repeats = True
    async with scene.working():
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        scene.api.put("Pod", "test", "a", spec={"x": 1})
        scene.api.put("Pod", "test", "b")

        assert sorted(await scene.told(3)) == [("add", "a"), ("add", "b"), ("update", "a")]
        await asyncio.sleep(0.1)
        assert len(scene.sink.received) == 3


async def test_a_bookmark_moves_the_checkpoint(scene: Scene) -> None:
    async with scene.working():
        await scene.ready()
        await until(lambda: scene.api.watched)
        scene.api.put("ConfigMap", "test", "another-kind")
        scene.api.bookmark()
        await until(lambda: _is_at(scene))
    scene.api.compact()

    async with scene.working():
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        assert await scene.told(1) == [("add", "a")]
    assert len(lists(scene.api)) == 1


async def _is_at(scene: Scene) -> bool:
    return await scene.checkpoint() == str(scene.api.version)


async def test_an_event_that_expired_is_a_delete(scene: Scene) -> None:
    async with scene.working(spec_of(WatchedKind(api_version="v1", kind="Event"))):
        await scene.ready()
        scene.api.put("Event", "test", "e", reason="BackOff")
        scene.api.delete("Event", "test", "e")

        assert await scene.told(2) == [("add", "e"), ("delete", "e")]


@pytest.mark.parametrize("answers", ["nothing", "an error"])
async def test_of_a_cluster_that_was_built_anew_all_is_told(scene: Scene, answers: str) -> None:
    """Its numbers are smaller. A watch from ours is silent for ever, or fails for ever."""
    await begin(scene)
    scene.api.objects.clear()
    scene.api._history.clear()
    scene.api.version = 10
    scene.api.put("Pod", "test", "same")

    def fails(called: Called) -> Reply | None:
        if called.verb != "watch" or int(called.query["resourceVersion"]) <= scene.api.version:
            return None
        if answers == "nothing":
            return Reply(hangs=True)
        return Reply.told(504, "Timeout: Too large resource version: 104, current: 11", "Timeout")

    scene.api.fails = fails
    async with scene.working():
        found = await scene.told(5)
        scene.api.put("Pod", "test", "new")
        await scene.told(6)

    deletes = [("delete", name) for name in ("anew", "changed", "gone", "same")]
    assert sorted(found) == [("add", "same"), *deletes]
    assert found.index(("delete", "same")) < found.index(("add", "same"))


async def test_a_watch_that_fails_while_lists_are_answered_is_given_up_for_a_list(
    scene: Scene,
) -> None:
    await begin(scene)
    expected = much_happens(scene.api)
    old = await scene.checkpoint()

    def fails(called: Called) -> Reply | None:
        if called.verb == "watch" and called.query["resourceVersion"] == old:
            return Reply.told(500, "etcdserver: mvcc: something that nobody has foreseen")
        return None

    scene.api.fails = fails
    async with scene.working():
        found = await scene.told(len(expected))

    assert sorted(found) == expected


@pytest.mark.parametrize(
    "reply",
    [
        Reply.told(500),
        Reply.told(503),
        Reply(429, headers={"retry-after": "0"}),
        Reply(200, b"garbage\n"),
        Reply(200, b'{"type": "ADDED", "object": {}}\n'),
        Reply(200, is_cut=True),
    ],
    ids=["500", "503", "429", "garbage", "no object", "cut"],
)
async def test_after_an_outage_it_goes_on_from_where_it_was(scene: Scene, reply: Reply) -> None:
    """Also intermediate states are there: it is no list that is compared."""
    is_away = True
    scene.api.put("Pod", "test", "a")
    async with scene.working():
        await scene.ready()
        await until(lambda: scene.api.watched)
        scene.api.fails = lambda _: reply if is_away else None
        before = len(scene.api.calls)
        scene.api.end("cut")
        await until(lambda: scene.says("Deployed") == ("False", "ApiServerUnavailable"))
        scene.api.put("Pod", "test", "a", spec={"x": 1})
        scene.api.put("Pod", "test", "a", spec={"x": 2})
        assert len(scene.api.calls) - before <= 20  # in 0.2 s, with pauses from 0.01 to 0.1 s
        is_away = False

        assert await scene.told(2) == [("update", "a"), ("update", "a")]
        await scene.ready()
    assert "relists_total" not in scene.counted()
    assert [told(each) for each in scene.sink.received] == [("update", "a")] * 2

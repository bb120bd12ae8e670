"""Which namespaces a source watches changes while it watches them."""

import asyncio
from dataclasses import replace

import pytest

from tests.sources.kubernetes.scene import PACE, Scene, spec_of, told
from tests.sources.kubernetes_api import Called, Reply
from tests.waiting import until

MINE = {"labels": {"team": "mine"}}
SPEC = spec_of(namespaces="team=mine")

EACH = {
    ("list", "namespaces", ""),
    ("watch", "namespaces", ""),
    *((verb, "pods", each) for verb in ("list", "watch") for each in ("a", "b", "c")),
}
"""What is allowed where a ServiceAccount may watch pods in these namespaces alone."""


@pytest.fixture(params=["all at once", "each by itself"])
def allowing(request: pytest.FixtureRequest, scene: Scene) -> Scene:
    """A source may watch all namespaces, or has to watch each that it asks for."""
    scene.api.allowed = None if request.param == "all at once" else set(EACH)
    scene.api.put("Namespace", "", "a", **MINE)
    scene.api.put("Namespace", "", "b")
    scene.api.put("Pod", "a", "old")
    scene.api.put("Pod", "b", "old-too")
    return scene


async def test_only_those_that_are_asked_for_are_told_of(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
        allowing.api.put("Pod", "b", "far")
        allowing.api.put("Pod", "a", "near")

        assert await allowing.told(1) == [("add", "near")]
        assert allowing.standing.namespaces == ("a",)


async def test_a_namespace_that_comes_is_told_of_from_its_first_object_on(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
        allowing.api.put("Namespace", "", "c", **MINE)
        allowing.api.put("Pod", "c", "first")
        await allowing.told(1)
        allowing.api.put("Pod", "c", "second")

        assert await allowing.told(2) == [("add", "first"), ("add", "second")]
        assert allowing.standing.namespaces == ("a", "c")


async def test_so_is_one_that_came_while_nobody_worked(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
    allowing.api.put("Namespace", "", "c", **MINE)
    allowing.api.put("Pod", "c", "first")

    async with allowing.working(SPEC):
        assert await allowing.told(1) == [("add", "first")]


@pytest.mark.parametrize("steps", [0, 1, 2, 4, 7, 12, 20, 40])
async def test_a_crash_while_a_namespace_comes_loses_nothing(allowing: Scene, steps: int) -> None:
    async with allowing.working(SPEC, dies=True):
        await allowing.ready()
        await until(lambda: allowing.api.watched)
        allowing.api.put("Namespace", "", "c", **MINE)
        allowing.api.put("Pod", "c", "first")
        for _ in range(steps):
            await asyncio.sleep(0)

    async with allowing.working(SPEC):
        await allowing.told(1)
        await allowing.ready()
        allowing.api.put("Pod", "c", "second")
        await until(lambda: _ids(allowing) == 2)
    assert {told(each) for each in allowing.sink.received} == {("add", "first"), ("add", "second")}


def _ids(scene: Scene) -> int:
    return len({each.headers["ce-id"] for each in scene.sink.received})


async def test_one_that_gets_the_label_is_as_at_a_first_start(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
        allowing.api.put("Namespace", "", "b", **MINE)
        await until(lambda: allowing.standing.namespaces == ("a", "b"))
        await allowing.ready()
        allowing.api.put("Pod", "b", "new")
        assert await allowing.told(1) == [("add", "new")]
        allowing.api.put("Pod", "b", "old-too", spec={"x": 1})
        assert (await allowing.told(2))[1:] == [("update", "old-too")]


async def test_one_that_got_the_label_while_nobody_worked_is_too(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
    allowing.api.put("Namespace", "", "b", **MINE)

    async with allowing.working(SPEC):
        await until(lambda: allowing.standing.namespaces == ("a", "b"))
        await allowing.ready()
        allowing.api.put("Pod", "b", "new")
        assert await allowing.told(1) == [("add", "new")]


async def test_where_it_is_asked_for_what_is_in_it_is_told_when_it_gets_the_label(
    allowing: Scene,
) -> None:
    async with allowing.working(spec_of(namespaces="team=mine", emits_existing=True)):
        assert await allowing.told(1) == [("add", "old")]
        allowing.api.put("Namespace", "", "b", **MINE)

        assert await allowing.told(2) == [("add", "old"), ("add", "old-too")]


async def test_of_one_that_loses_the_label_no_delete_is_told(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
        allowing.api.put("Namespace", "", "a")
        await until(lambda: allowing.standing.namespaces == ())
        allowing.api.put("Pod", "a", "unseen")
        allowing.api.put("Namespace", "", "c", **MINE)
        allowing.api.put("Pod", "c", "seen")

        assert await allowing.told(1) == [("add", "seen")]


@pytest.mark.parametrize("is_working", [True, False])
async def test_with_a_namespace_all_in_it_is_deleted(allowing: Scene, is_working: bool) -> None:
    allowing.api.put("Pod", "a", "second")
    async with allowing.working(SPEC):
        await allowing.ready()
        if is_working:
            _delete_namespace(allowing)
            await allowing.told(2)
    if not is_working:
        _delete_namespace(allowing)
        allowing.api.compact()

    async with allowing.working(SPEC):
        assert sorted(await allowing.told(2)) == [("delete", "old"), ("delete", "second")]
        await until(lambda: _forgotten(allowing))


def _delete_namespace(scene: Scene) -> None:
    for name in ("old", "second"):
        scene.api.delete("Pod", "a", name)
    scene.api.delete("Namespace", "", "a")


async def _forgotten(scene: Scene) -> bool:
    for key in await scene.redis.keys("*:objects:*"):
        if any(b'"a"' in value for value in await scene.redis.hvals(key)):
            return False
    return True


async def test_though_we_die_between_the_end_of_a_namespace_and_of_what_was_in_it(
    allowing: Scene,
) -> None:
    allowing.api.put("Pod", "a", "second")
    async with allowing.working(SPEC):
        await allowing.ready()
        await until(lambda: len(allowing.api.watched) == 2)
        allowing.sink.answer = lambda _: (503, "", b"")
        _delete_namespace(allowing)
        await until(lambda: allowing.standing.namespaces == ())
        await allowing.told(1)
    allowing.sink.answer = lambda _: (202, "", b"")
    before = len(allowing.sink.received)

    async with allowing.working(SPEC):
        found = await allowing.told(before + 2)
    assert sorted(found[before:]) == [("delete", "old"), ("delete", "second")]


async def test_with_a_namespace_the_permission_to_see_what_was_in_it_may_go(scene: Scene) -> None:
    scene.api.allowed = set(EACH)
    scene.api.put("Namespace", "", "a", **MINE)
    scene.api.put("Pod", "a", "old")
    scene.api.put("Pod", "a", "second")
    async with scene.working(SPEC):
        await scene.ready()
    _delete_namespace(scene)
    scene.api.allowed -= {("list", "pods", "a"), ("watch", "pods", "a")}

    async with scene.working(SPEC):
        assert sorted(await scene.told(2)) == [("delete", "old"), ("delete", "second")]
        await scene.ready()
        await until(lambda: scene.says("SufficientPermissions") == ("True", ""))


async def test_where_all_at_once_are_no_longer_allowed_each_is_watched_by_itself(
    scene: Scene,
) -> None:
    scene.api.put("Namespace", "", "a", **MINE)
    async with scene.working(SPEC):
        await scene.ready()
        await until(lambda: len(scene.api.watched) == 2)
        scene.api.allowed = set(EACH)
        scene.api.end()
        scene.api.put("Pod", "a", "new")

        assert await scene.told(1) == [("add", "new")]
        await scene.ready()
        assert scene.says("SufficientPermissions") == ("True", "")


async def test_it_is_not_ready_while_one_that_got_the_label_is_not_listed(scene: Scene) -> None:
    scene.api.allowed = set(EACH)
    scene.api.put("Namespace", "", "b")
    scene.api.fails = lambda called: (
        Reply(hangs=True) if "selfsubjectaccess" in called.path and _asks_for_b(called) else None
    )
    async with scene.working(SPEC):
        await scene.ready()
        scene.api.put("Namespace", "", "b", **MINE)
        await until(lambda: scene.says("Deployed") == ("Unknown", "CatchingUp"))


def _asks_for_b(called: Called) -> bool:
    return bool(called.body["spec"]["resourceAttributes"].get("namespace") == "b")


async def test_a_namespace_of_the_same_name_that_comes_again_is_new(allowing: Scene) -> None:
    async with allowing.working(SPEC):
        await allowing.ready()
        allowing.api.delete("Pod", "a", "old")
        allowing.api.delete("Namespace", "", "a")
        allowing.api.put("Namespace", "", "a", **MINE)
        allowing.api.put("Pod", "a", "again")

        assert sorted(await allowing.told(2)) == [("add", "again"), ("delete", "old")]


REMEMBERING = replace(PACE, gone_s=600.0)
"""It stays in mind that a namespace is gone."""


@pytest.mark.parametrize("is_working", [True, False])
async def test_one_that_came_again_is_not_taken_for_the_one_that_is_gone(
    allowing: Scene, is_working: bool
) -> None:
    """By comparing, or by reading what is remembered, its end is heard after it came again."""
    async with allowing.working(SPEC, pace=REMEMBERING):
        await allowing.ready()
        await until(lambda: len(allowing.api.watched) == 2)
        for _ in range(2):
            allowing.api.put("Namespace", "", "c", **MINE)
            allowing.api.put("Pod", "c", "pod")
            await until(lambda: allowing.standing.namespaces == ("a", "c"))
            await until(lambda: _last(allowing) == ("add", "pod"))
            if len(allowing.sink.received) == 1:
                allowing.api.delete("Pod", "c", "pod")
                await allowing.told(2)
                allowing.api.delete("Namespace", "", "c")
                await until(lambda: allowing.standing.namespaces == ("a",))
        if is_working:
            allowing.api.end("cut")
            allowing.api.put("Namespace", "", "b", spec={"x": 1})
            allowing.api.compact()
            await until(lambda: _compared(allowing))
            await _goes_on(allowing)
    if not is_working:
        async with allowing.working(SPEC, pace=REMEMBERING):
            await _goes_on(allowing)


def _last(scene: Scene) -> tuple[str, str] | None:
    return told(scene.sink.received[-1]) if scene.sink.received else None


def _compared(scene: Scene) -> bool:
    """A second time, after the first start."""
    return (
        len(
            [
                each
                for each in scene.api.calls
                if each.verb == "list" and each.plural == "namespaces" and not _asks_how_far(each)
            ]
        )
        > 1
    )


def _asks_how_far(called: Called) -> bool:
    return bool(called.query.get("fieldSelector"))


async def _goes_on(scene: Scene) -> None:
    """Of what is in both nothing is told to be deleted, though that would be by now."""
    await scene.ready()
    await asyncio.sleep(3 * PACE.grace_s)
    scene.api.put("Pod", "c", "next")

    assert (await scene.told(4))[3:] == [("add", "next")]
    assert scene.standing.namespaces == ("a", "c")


async def test_one_that_came_again_may_have_got_the_label(scene: Scene) -> None:
    """The watch of namespaces hangs: what is known of the one that is gone is old."""
    scene.api.put("Namespace", "", "b")
    scene.api.put("Namespace", "", "c", **MINE)
    async with scene.working(SPEC, pace=REMEMBERING):
        await scene.ready()
        await until(lambda: len(scene.api.watched) == 2)
        scene.api.delete("Namespace", "", "b")
        scene.api.delete("Namespace", "", "c")
        await until(lambda: scene.standing.namespaces == ())
        scene.api._watches = [each for each in scene.api._watches if each.called.plural == "pods"]
        scene.api.put("Namespace", "", "b", **MINE)
        scene.api.put("Pod", "b", "near")

        assert await scene.told(1) == [("add", "near")]


async def test_what_was_in_one_that_came_and_went_waits_for_the_watch_of_namespaces(
    scene: Scene,
) -> None:
    """The API server shows no namespaces for longer than a lookup waits for their news."""
    async with scene.working(SPEC):
        await scene.ready()
        await until(lambda: len(scene.api.watched) == 2)
        scene.api.fails = lambda called: Reply(503) if _shows_namespaces(called) else None
        scene.api.end("cut")
        before = len(scene.api.calls)
        scene.api.put("Namespace", "", "c", **MINE)
        scene.api.put("Pod", "c", "short")
        scene.api.delete("Pod", "c", "short")
        scene.api.delete("Namespace", "", "c")
        await until(lambda: sum(_looks_up_c(each) for each in scene.api.calls[before:]) > 2)
        scene.api.fails = lambda _: None

        assert await scene.told(2) == [("add", "short"), ("delete", "short")]


def _shows_namespaces(called: Called) -> bool:
    return called.plural == "namespaces" and not _looks_up_c(called)


def _looks_up_c(called: Called) -> bool:
    return called.query.get("fieldSelector") == "metadata.name=c"


async def test_an_object_may_be_quicker_than_its_namespace(scene: Scene) -> None:
    """The watch of namespaces hangs; the API server is asked for the one."""
    scene.api.put("Namespace", "", "a", **MINE)
    async with scene.working(SPEC):
        await scene.ready()
        await until(lambda: len(scene.api.watched) == 2)
        scene.api._watches = [each for each in scene.api._watches if each.called.plural == "pods"]
        scene.api.put("Namespace", "", "c", **MINE)
        scene.api.put("Namespace", "", "d")
        scene.api.put("Pod", "d", "far")
        scene.api.put("Pod", "c", "near")

        assert await scene.told(1) == [("add", "near")]

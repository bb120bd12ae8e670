"""What is missing is named, and the rest is watched; what comes later is found by itself."""

import asyncio

import pytest
import structlog

from poplin.resources.source_models import WatchedKind
from sources.kubernetes.readiness import Readiness
from sources.kubernetes.values import Resource
from sources.standing import Standing
from tests.sources.kubernetes.scene import KEY, PODS, Scene, spec_of
from tests.sources.kubernetes_api import Reply
from tests.waiting import until

WIDGETS = WatchedKind(api_version="shop.example/v1", kind="Widget")
WIDGET = Resource("shop.example/v1", "Widget", "widgets", is_namespaced=True)
DEPLOYMENTS = WatchedKind(api_version="apps/v1", kind="Deployment")
ON_PODS = {("list", "pods", "test"), ("watch", "pods", "test")}
MISSING = ("False", "Missing")


async def test_all_is_well(scene: Scene) -> None:
    async with scene.working():
        await scene.ready()

        assert scene.says("ResourcesFound") == ("True", "")
        assert scene.says("SufficientPermissions") == ("True", "")
        assert scene.standing.namespaces == ("test",)


async def test_a_kind_that_nobody_knows_is_named_and_the_others_are_watched(scene: Scene) -> None:
    async with scene.working(spec_of(WIDGETS, PODS)):
        await until(lambda: scene.says("ResourcesFound") == ("False", "NotFound"))
        assert "Widget" in scene.message("ResourcesFound")
        assert "shop.example/v1" in scene.message("ResourcesFound")
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        assert await scene.told(1) == [("add", "a")]


async def test_a_kind_that_is_installed_later_is_watched_then(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.kubernetes.discovery.KEPT_S", 0.0)
    async with scene.working(spec_of(WIDGETS)):
        await until(lambda: scene.says("ResourcesFound")[0] == "False")
        scene.api.kinds["Widget"] = WIDGET
        await until(lambda: scene.says("ResourcesFound")[0] == "True")
        await scene.ready()
        scene.api.put("Widget", "test", "w")
        assert await scene.told(1) == [("add", "w")]


@pytest.mark.parametrize("verb", ["list", "watch"])
async def test_a_permission_that_is_missing_is_named_and_the_others_are_watched(
    scene: Scene, verb: str
) -> None:
    scene.api.allowed = ON_PODS | ({("list", "deployments", "test")} if verb == "watch" else set())
    scene.api.allowed |= {("watch", "deployments", "test")} if verb == "list" else set()

    async with scene.working(spec_of(PODS, DEPLOYMENTS)):
        await until(lambda: scene.says("SufficientPermissions") == MISSING)
        assert scene.message("SufficientPermissions") == (
            f"ServiceAccount test/default may not {verb} deployments.apps in namespace test; run: "
            "kubectl create role poplin-test-default-deployments.apps --verb=list,watch "
            "--resource=deployments.apps -n test && "
            "kubectl create rolebinding poplin-test-default-deployments.apps "
            "--role=poplin-test-default-deployments.apps --serviceaccount=test:default -n test"
        )
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        assert await scene.told(1) == [("add", "a")]

        scene.api.allowed |= {("list", "deployments", "test"), ("watch", "deployments", "test")}
        await until(lambda: scene.says("SufficientPermissions") == ("True", ""))


@pytest.mark.parametrize(
    ("namespaces", "missing"),
    [
        ("", "may not list or watch pods in all namespaces; run: kubectl create clusterrole "),
        ("team=a", "may not list or watch namespaces in the cluster; run: kubectl create cluster"),
    ],
)
async def test_for_other_namespaces_more_is_needed(
    scene: Scene, namespaces: str, missing: str
) -> None:
    scene.api.allowed = set(ON_PODS)
    async with scene.working(spec_of(namespaces=namespaces)):
        await until(lambda: scene.says("SufficientPermissions") == MISSING)
        assert missing in scene.message("SufficientPermissions")


async def test_a_permission_that_is_missing_in_some_namespaces_is_named_with_them(
    scene: Scene,
) -> None:
    labels = {"team": "a"}
    for name in ("test", "n1", "n2", "n3", "n4"):
        scene.api.put("Namespace", "", name, labels=labels)
    scene.api.allowed = ON_PODS | {("list", "namespaces", ""), ("watch", "namespaces", "")}

    async with scene.working(spec_of(namespaces="team=a")):
        await until(lambda: "and 1 more" in scene.message("SufficientPermissions"))
        await scene.ready()
        scene.api.put("Pod", "test", "a")
        assert await scene.told(1) == [("add", "a")]


async def test_a_permission_may_be_taken_away_and_given_back(scene: Scene) -> None:
    async with scene.working():
        await scene.ready()
        await until(lambda: scene.api.watched)
        scene.api.allowed = set()
        scene.api.end()
        await until(lambda: scene.says("SufficientPermissions") == MISSING)
        scene.api.put("Pod", "test", "a")
        scene.api.allowed = None

        assert await scene.told(1) == [("add", "a")]
        await scene.ready()
        assert scene.says("SufficientPermissions") == ("True", "")


async def test_who_may_not_act_as_the_service_account_is_told_so(scene: Scene) -> None:
    scene.api.may_impersonate = False
    async with scene.working():
        await until(lambda: scene.says("SufficientPermissions") == MISSING)

        assert "impersonate" in scene.message("SufficientPermissions")


async def test_where_permissions_are_not_to_be_checked_the_api_server_says_what_is_missing(
    scene: Scene,
) -> None:
    scene.api.allowed = {("list", "pods", "test")}
    async with scene.working(spec_of(checks_permissions=False)):
        await until(lambda: scene.says("SufficientPermissions") == MISSING)

        assert "watch" in scene.message("SufficientPermissions")
        before = len(scene.api.calls)
        while len(scene.api.calls) < before + 6:  # it is tried again, and does not seem well then
            assert scene.says("SufficientPermissions") == MISSING
            await asyncio.sleep(0)
        assert not [each for each in scene.api.calls if each.verb == "create"]


async def test_an_api_server_that_never_answered_is_told_of(scene: Scene) -> None:
    scene.api.fails = lambda _: Reply.told(500, "etcd is away")
    async with scene.working():
        await until(lambda: scene.says("Deployed") == ("False", "ApiServerUnavailable"))
        assert "500" in scene.message("Deployed")
        scene.api.fails = lambda _: None

        await scene.ready()


def test_an_api_server_that_is_away_for_a_moment_is_not_told_of() -> None:
    now = [0.0]
    standing = Standing(takes_webhooks=False)
    readiness = Readiness(standing, ["w"], told_after_s=10, clock=lambda: now[0])
    place = ("w", "test")
    readiness.found("w")
    readiness.left(("w", ""))
    readiness.caught_up(place)

    said = []
    for now[0] in (0.0, 9.9, 10.0, 11.0):
        readiness.away(place, "refused")
        said.append(_deployed(readiness, standing))
    readiness.heard(place)

    assert said == [("True", ""), ("True", ""), *[("False", "ApiServerUnavailable")] * 2]
    assert _deployed(readiness, standing) == ("True", "")


async def test_what_is_missing_is_logged_once_and_that_it_is_there(scene: Scene) -> None:
    scene.api.allowed = set()
    with structlog.testing.capture_logs() as lines:
        async with scene.working():
            await until(lambda: scene.says("SufficientPermissions") == MISSING)
            scene.api.allowed = None
            await scene.ready()

    assert [(each["event"], each["condition"]) for each in lines] == [
        ("a source does not work", "SufficientPermissions"),
        ("what was missing is there", "SufficientPermissions"),
        ("a source works", "Deployed"),
    ]
    assert "may not list or watch pods" in lines[0]["why"]
    assert {each["source"] for each in lines} == {KEY}


def _deployed(readiness: Readiness, standing: Standing) -> tuple[str, str]:
    readiness.say()
    found = {each.type: each for each in standing.conditions()}["Deployed"]
    return found.status, found.reason

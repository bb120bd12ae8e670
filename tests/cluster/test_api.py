"""Our client against a real API server, as a ServiceAccount with the rights that it was given."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from sources.kubernetes.api import Api
from sources.kubernetes.cluster import Cluster
from sources.kubernetes.errors import (
    ForbiddenError,
    GoneError,
    UnavailableError,
    UnknownKindError,
)
from sources.kubernetes.values import Listed, Resource
from tests.cluster.admin import Admin, config_map
from tests.cluster.api_server import ApiServer
from tests.waiting import until

ACCOUNT = "watcher"
CONFIG_MAPS = Resource("v1", "ConfigMap", "configmaps", True)
RBAC = "rbac.authorization.k8s.io"
CRD = {
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": {"name": "pizzas.shop.example.com"},
    "spec": {
        "group": "shop.example.com", "scope": "Namespaced",
        "names": {"plural": "pizzas", "singular": "pizza", "kind": "Pizza"},
        "versions": [{"name": "v1", "served": True, "storage": True,
                      "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}  # fmt: skip


@pytest.fixture
async def cluster(api_server: ApiServer) -> AsyncIterator[Cluster]:
    each = Cluster(api_server.kubeconfig, None)
    yield each
    await each.close()


@pytest.fixture
async def api(cluster: Cluster, admin: Admin, namespace: str) -> Api:
    """May list and watch ConfigMaps in its namespace."""
    await grant(admin, namespace, "configmaps", "list", "watch")
    found = await cluster.api(namespace, ACCOUNT)
    # An API server learns of a binding a moment after it was made.
    await until(lambda: found.is_allowed(CONFIG_MAPS, "watch", namespace))
    return found


async def grant(admin: Admin, namespace: str, resource: str, *verbs: str) -> None:
    """To ServiceAccount `watcher`, which need not exist for that."""
    named: dict[str, Any] = {"apiVersion": f"{RBAC}/v1", "metadata": {"name": resource}}
    rule = {"apiGroups": [""], "resources": [resource], "verbs": list(verbs)}
    await admin.create({**named, "kind": "Role", "rules": [rule]}, namespace)
    who = {"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}
    role = {"apiGroup": RBAC, "kind": "Role", "name": resource}
    binding = {**named, "kind": "RoleBinding", "roleRef": role, "subjects": [who]}
    await admin.create(binding, namespace)


async def listed(api: Api, namespace: str, **more: Any) -> list[Listed]:
    async with aclosing(api.pages(CONFIG_MAPS, namespace, **more)) as pages:
        return [each async for each in pages]


async def happened(
    api: Api, namespace: str, version: str, count: int, **more: Any
) -> list[tuple[str, dict[str, Any]]]:
    """The next so many events but bookmarks."""
    found: list[tuple[str, dict[str, Any]]] = []
    watch = api.watch(CONFIG_MAPS, namespace, more.pop("selector", ""), version, **more)
    async with asyncio.timeout(20), aclosing(watch) as batches:
        async for batch in batches:
            found += [(each.type, each.object) for each in batch if each.type != "BOOKMARK"]
            if len(found) >= count:
                break
    return found


@pytest.mark.parametrize("is_metadata", [False, True])
async def test_a_watch_goes_on_from_where_the_list_was(
    api: Api, admin: Admin, namespace: str, is_metadata: bool
) -> None:
    """As metadata alone, too."""
    made = await admin.create(config_map("a", "one"), namespace)
    pages = await listed(api, namespace, is_metadata=is_metadata)
    await admin.patch(made, data={"text": "two"})
    await admin.delete(made, namespace)

    events = await happened(api, namespace, pages[-1].resource_version, 2, is_metadata=is_metadata)

    assert [each["metadata"]["name"] for each in pages[0].objects] == ["a"]
    assert [kind for kind, _ in events] == ["MODIFIED", "DELETED"]
    for each in [pages[0].objects[0], *(thing for _, thing in events)]:
        assert (each["apiVersion"], each["kind"]) == ("v1", "ConfigMap")
        assert "managedFields" not in each["metadata"]
        assert ("data" in each) is not is_metadata


async def test_a_list_in_pages_is_of_one_moment(
    api: Api, admin: Admin, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sources.kubernetes.pages.LIMIT", 2)
    for number in range(5):
        await admin.create(config_map(f"c{number}"), namespace)
    pages = api.pages(CONFIG_MAPS, namespace)
    first = await anext(pages)
    await admin.create(config_map("later"), namespace)

    found = [first, *[each async for each in pages]]

    assert [len(each.objects) for each in found] == [2, 2, 1]
    assert len({each.resource_version for each in found}) == 1


async def test_a_list_whose_moment_is_compacted_begins_anew(
    api: Api,
    admin: Admin,
    api_server: ApiServer,
    namespace: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sources.kubernetes.pages.LIMIT", 2)
    for number in range(5):
        await admin.create(config_map(f"c{number}"), namespace)
    pages = api.pages(CONFIG_MAPS, namespace)
    first = await anext(pages)
    await admin.create(config_map("later"), namespace)
    await api_server.compact()

    rest = [each async for each in pages]

    assert [len(each.objects) for each in rest] == [6]
    assert rest[0].resource_version != first.resource_version


async def test_a_selector_gives_what_leaves_it_as_deleted(
    api: Api, admin: Admin, namespace: str
) -> None:
    made = await admin.create(config_map("a", labels={"app": "shop"}), namespace)
    await admin.create(config_map("b"), namespace)
    pages = await listed(api, namespace, selector="app in (shop,till)")
    await admin.patch(made, metadata={"labels": {"app": "none"}})

    events = await happened(
        api, namespace, pages[-1].resource_version, 1, selector="app in (shop,till)"
    )

    assert [each["metadata"]["name"] for each in pages[0].objects] == ["a"]
    assert [kind for kind, _ in events] == ["DELETED"]


async def test_one_object_is_listed_by_its_name(api: Api, admin: Admin, namespace: str) -> None:
    for name in ("a", "b"):
        await admin.create(config_map(name), namespace)

    pages = await listed(api, namespace, field_selector="metadata.name=b")

    assert [each["metadata"]["name"] for each in pages[0].objects] == ["b"]


async def test_a_large_object_comes_whole(api: Api, admin: Admin, namespace: str) -> None:
    pages = await listed(api, namespace)
    await admin.create(config_map("a", "x" * 900_000), namespace)

    events = await happened(api, namespace, pages[-1].resource_version, 1)

    assert len(events[0][1]["data"]["text"]) == 900_000


async def test_what_is_not_allowed_is_named(api: Api, namespace: str) -> None:
    secrets = await api.resource("v1", "Secret")

    assert not await api.is_allowed(secrets, "list", namespace)
    assert not await api.is_allowed(CONFIG_MAPS, "list")
    with pytest.raises(ForbiddenError, match=f"may not list secrets in namespace {namespace}"):
        await anext(api.pages(secrets, namespace))
    with pytest.raises(ForbiddenError, match=r"may not watch configmaps: .* ClusterRole"):
        await anext(api.watch(CONFIG_MAPS, "", "", "1"))


async def test_who_may_not_impersonate_is_told_so(api_server: ApiServer, namespace: str) -> None:
    cluster = Cluster(api_server.kubeconfig_of("nobody"), None)
    api = await cluster.api(namespace, ACCOUNT)
    for asking in (
        api.is_allowed(CONFIG_MAPS, "list", namespace),
        api.resource("v1", "Pod"),
        anext(api.pages(CONFIG_MAPS, namespace)),
    ):
        with pytest.raises(ForbiddenError, match=rf"impersonate .* namespace {namespace}"):
            await asking

    await cluster.close()


async def test_a_kind_that_is_installed_later_is_found(api: Api, admin: Admin) -> None:
    for api_version, kind in (("shop.example.com/v1", "Pizza"), ("v1", "Pizza"), ("v1", "Binding")):
        with pytest.raises(UnknownKindError):
            await api.resource(api_version, kind)
    made = await admin.create(CRD)

    async def is_found() -> bool:
        try:
            return (await api.resource("shop.example.com/v1", "Pizza")).plural == "pizzas"
        except UnknownKindError:
            return False

    await until(is_found, 30)
    await admin.delete(made)


@pytest.mark.parametrize(
    ("more", "told"),
    [({"selector": "a==="}, "400 to list configmaps"), ({"field_selector": "x=y"}, "400 to list")],
)
async def test_a_bad_selector_is_named(
    api: Api, namespace: str, more: dict[str, str], told: str
) -> None:
    with pytest.raises(UnavailableError, match=told):
        await listed(api, namespace, **more)


async def test_a_history_that_does_not_reach_back_is_gone(
    api: Api, admin: Admin, api_server: ApiServer, namespace: str
) -> None:
    """A server that was started anew has no cache of what was before."""
    made = await admin.create(config_map("a"), namespace)
    version = made["metadata"]["resourceVersion"]
    await admin.patch(made, data={"text": "two"})
    await api_server.compact()
    await api_server.restart()

    with pytest.raises(GoneError):
        await happened(api, namespace, version, 1)


async def test_an_unknown_token_is_told(api_server: ApiServer, namespace: str) -> None:
    file = api_server.kubeconfig_of("nobody", api_server.url)
    file.write_text(file.read_text().replace("token-of-nobody", "wrong"))
    cluster = Cluster(file, None)
    api = await cluster.api(namespace, ACCOUNT)

    with pytest.raises(UnavailableError, match="who we are: 401"):
        await api.resource("v1", "Pod")

    await cluster.close()

"""What a ServiceAccount may, asked before and learned by trying."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sources.kubernetes.api import Api
from sources.kubernetes.errors import ForbiddenError, UnavailableError
from sources.kubernetes.values import Resource
from tests.sources.kubernetes.connected import CONFIG_MAPS, connected, everything
from tests.sources.kubernetes_api import KubernetesApi, Reply, kubernetes_api

DEPLOYMENTS = Resource("apps/v1", "Deployment", "deployments", True)


@pytest.fixture
async def server() -> AsyncIterator[KubernetesApi]:
    async with kubernetes_api() as each:
        each.allowed = {("list", "configmaps", "shop"), ("watch", "deployments", "")}
        yield each


@pytest.fixture
async def api(server: KubernetesApi, tmp_path: Path) -> AsyncIterator[Api]:
    async with connected(server, tmp_path) as each:
        yield each


@pytest.mark.parametrize(
    ("resource", "verb", "namespace", "is_so"),
    [
        (CONFIG_MAPS, "list", "shop", True),
        (CONFIG_MAPS, "list", "till", False),
        (CONFIG_MAPS, "list", "", False),
        (CONFIG_MAPS, "watch", "shop", False),
        (DEPLOYMENTS, "watch", "shop", True),
        (DEPLOYMENTS, "watch", "", True),
    ],
)
async def test_it_is_asked_as_the_service_account(
    server: KubernetesApi, api: Api, resource: Resource, verb: str, namespace: str, is_so: bool
) -> None:
    assert await api.is_allowed(resource, verb, namespace) is is_so

    called = server.calls[-1]
    assert called.user == "system:serviceaccount:shop:watcher"
    assert called.body["spec"]["resourceAttributes"] == {
        "verb": verb,
        "group": resource.group,
        "version": "v1",
        "resource": resource.plural,
        **({"namespace": namespace} if namespace else {}),
    }


@pytest.mark.parametrize(
    ("resource", "namespace", "told"),
    [
        (CONFIG_MAPS, "till",
         "ServiceAccount shop/watcher may not list configmaps in namespace till: "
         "give it that verb by a Role"),
        (DEPLOYMENTS, "",
         "ServiceAccount shop/watcher may not list deployments.apps: "
         "give it that verb by a ClusterRole"),
    ],
)  # fmt: skip
async def test_what_is_refused_is_named(
    api: Api, resource: Resource, namespace: str, told: str
) -> None:
    with pytest.raises(ForbiddenError) as caught:
        await everything(api.pages(resource, namespace))

    assert str(caught.value) == told


async def test_that_we_may_not_act_as_it_is_told_as_that(server: KubernetesApi, api: Api) -> None:
    server.may_impersonate = False

    with pytest.raises(ForbiddenError) as caught:
        await api.is_allowed(CONFIG_MAPS, "list", "shop")

    assert str(caught.value) == (
        "we may not act as ServiceAccount shop/watcher: give whoever runs the sources the verb "
        "impersonate on serviceaccounts in namespace shop, by a Role with resourceNames: [watcher] "
        "and its binding"
    )


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b"[]", b'{"status": null}'])
async def test_garbage_is_no_permission_and_no_refusal(
    server: KubernetesApi, api: Api, body: bytes
) -> None:
    server.fails = lambda _: Reply(201, body)

    with pytest.raises(UnavailableError, match="answers to a SelfSubjectAccessReview"):
        await api.is_allowed(CONFIG_MAPS, "list", "shop")

"""Which kinds are served, and where."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from sources.kubernetes.api import Api
from sources.kubernetes.asking import Account
from sources.kubernetes.discovery import KEPT_S, Discovery
from sources.kubernetes.errors import UnavailableError, UnknownKindError
from sources.kubernetes.values import Resource
from tests.sources.kubernetes.connected import connected, connection
from tests.sources.kubernetes_api import KubernetesApi, Reply, kubernetes_api

PIZZA = Resource("shop.example.com/v1", "Pizza", "pizzas", True)


@pytest.fixture
async def server() -> AsyncIterator[KubernetesApi]:
    async with kubernetes_api() as each:
        yield each


@pytest.fixture
async def api(server: KubernetesApi, tmp_path: Path) -> AsyncIterator[Api]:
    async with connected(server, tmp_path) as each:
        yield each


@pytest.mark.parametrize(
    ("api_version", "kind", "path"),
    [
        ("v1", "Pod", "/api/v1/namespaces/shop/pods"),
        ("apps/v1", "Deployment", "/apis/apps/v1/namespaces/shop/deployments"),
    ],
)
async def test_a_kind_is_found_and_not_its_subresource(
    api: Api, api_version: str, kind: str, path: str
) -> None:
    found = await api.resource(api_version, kind)

    assert found.path("shop") == path
    assert found.is_namespaced


async def test_a_kind_of_the_cluster_is_known_as_one(api: Api) -> None:
    assert not (await api.resource("v1", "Node")).is_namespaced


@pytest.mark.parametrize(
    ("api_version", "kind", "told"),
    [
        ("v1", "Pots", "no kind Pots in v1"),
        ("v1", "pods", "no kind pods in v1"),
        ("apps/v7", "Deployment", "get /apis/apps/v7: 404"),
        ("nowhere.example.com/v1", "Pizza", "nowhere.example.com/v1: 404"),
        ("v1", "Binding", "Binding of v1 cannot be listed and watched"),
    ],
)
async def test_what_is_not_served_is_named(
    server: KubernetesApi, api: Api, api_version: str, kind: str, told: str
) -> None:
    binding = {"name": "bindings", "kind": "Binding", "namespaced": True, "verbs": ["create"]}
    if kind == "Binding":
        server.fails = lambda _: Reply(content=orjson.dumps({"resources": [binding]}))

    with pytest.raises(UnknownKindError, match=told):
        await api.resource(api_version, kind)


async def test_what_starts_together_asks_once_and_what_is_installed_later_is_found(
    server: KubernetesApi, tmp_path: Path
) -> None:
    now = 0.0
    discovery, account = Discovery(clock=lambda: now), Account("shop", "watcher")
    server.kinds["Pastry"] = Resource("shop.example.com/v1", "Pastry", "pastries", True)
    async with connection(server.kubeconfig(tmp_path / "kubeconfig")) as each:
        for _ in range(3):
            await discovery.resource(each, account, "shop.example.com/v1", "Pastry")
        server.kinds["Pizza"] = PIZZA
        with pytest.raises(UnknownKindError):
            await discovery.resource(each, account, "shop.example.com/v1", "Pizza")
        assert len(server.calls) == 1
        now += KEPT_S

        found = await discovery.resource(each, account, "shop.example.com/v1", "Pizza")

    assert found == PIZZA
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"resources": 7}', b'{"resources": [{}]}',
             b'{"resources": [{"name": "pods", "kind": "Pod"}]}', b'{"resources": null}']
)  # fmt: skip
async def test_garbage_makes_it_unavailable(server: KubernetesApi, api: Api, body: bytes) -> None:
    server.fails = lambda _: Reply(content=body)

    with pytest.raises(UnavailableError, match="no list of resources"):
        await api.resource("v1", "Pod")

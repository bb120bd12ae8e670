"""Lists in pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from sources.kubernetes import pages
from sources.kubernetes.api import Api
from sources.kubernetes.errors import UnavailableError
from tests.sources.kubernetes.connected import CONFIG_MAPS, connected, everything, names
from tests.sources.kubernetes_api import KubernetesApi, Reply, kubernetes_api


@pytest.fixture
async def server() -> AsyncIterator[KubernetesApi]:
    async with kubernetes_api() as each:
        yield each


@pytest.fixture
async def api(server: KubernetesApi, tmp_path: Path) -> AsyncIterator[Api]:
    async with connected(server, tmp_path) as each:
        yield each


async def test_a_long_list_comes_in_pages_of_one_version(server: KubernetesApi, api: Api) -> None:
    for number in range(1200):
        server.put("ConfigMap", "shop", f"c{number}")

    found = await everything(api.pages(CONFIG_MAPS, "shop"))

    assert [len(each.objects) for each in found] == [500, 500, 200]
    assert [name for each in found for name in names(each)] == [f"c{each}" for each in range(1200)]
    assert {each.resource_version for each in found} == {str(server.version)}


async def test_objects_have_the_kind_that_was_asked_for_and_no_managed_fields(
    server: KubernetesApi, api: Api
) -> None:
    made = server.put("ConfigMap", "shop", "a", managedFields=[{"manager": "x"}], data={"a": "b"})

    whole, short = [
        await everything(api.pages(CONFIG_MAPS, "shop", is_metadata=each)) for each in (False, True)
    ]

    metadata = {name: made["metadata"][name] for name in ("name", "uid", "resourceVersion")}
    expected = {
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {**metadata, "namespace": "shop"}
    }  # fmt: skip
    assert whole[0].objects == [{**expected, "data": {"a": "b"}}]
    assert short[0].objects == [expected]
    assert list(whole[0].objects[0]) == ["apiVersion", "kind", "metadata", "data"]


async def test_selectors_go_with_it(server: KubernetesApi, api: Api) -> None:
    for name, app in (("a", "shop"), ("b", "till"), ("c", "shop")):
        server.put("ConfigMap", "shop", name, labels={"app": app})
    server.put("ConfigMap", "till", "a", labels={"app": "shop"})

    found = await everything(
        api.pages(CONFIG_MAPS, "", "app=shop", field_selector="metadata.name=a")
    )

    assert [each["metadata"]["namespace"] for each in found[0].objects] == ["shop", "till"]


async def test_a_list_that_the_server_forgot_begins_anew_in_one_page(
    server: KubernetesApi, api: Api
) -> None:
    """Another resourceVersion says so: what was deleted meanwhile must not look as if it was there."""
    for number in range(700):
        server.put("ConfigMap", "shop", f"c{number}")
    found = api.pages(CONFIG_MAPS, "shop")
    first = await anext(found)
    server.delete("ConfigMap", "shop", "c0")
    server.compact()

    rest = await everything(found)

    assert [len(each.objects) for each in rest] == [699]
    assert rest[0].resource_version != first.resource_version
    assert "limit" not in server.calls[-1].query


async def test_a_list_that_begins_with_410_is_unavailable(server: KubernetesApi, api: Api) -> None:
    """Listing again at once, as after GoneError, would go on for ever."""
    server.fails = lambda _: Reply.told(410)

    with pytest.raises(UnavailableError):
        await everything(api.pages(CONFIG_MAPS, "shop"))


async def test_a_page_that_is_too_large_is_asked_for_in_smaller_ones(
    server: KubernetesApi, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MOST_PAGE_BYTES", 100_000)
    for number in range(60):
        server.put("ConfigMap", "shop", f"c{number}", data={"text": "x" * 1500})
    server.put("ConfigMap", "shop", "huge", data={"text": "x" * 200_000})

    found = await everything(api.pages(CONFIG_MAPS, "shop"))

    assert [name for each in found for name in names(each)] == [
        *(f"c{each}" for each in range(60)),
        "huge",
    ]
    assert [each.query["limit"] for each in server.calls][:3] == ["500", "50", "50"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"\xff", b"[]", b"{}", b'{"items": []}',
        b'{"metadata": {"resourceVersion": 7}, "items": []}',
        b'{"metadata": {"resourceVersion": "7"}, "items": [{}]}',
        b'{"metadata": {"resourceVersion": "7"}, "items": ["a"]}',
        b'{"metadata": {"resourceVersion": "7"}, "items": 7}',
        b'{"metadata": {"resourceVersion": "7"}, "items": [{"metadata": {"name": "a", "uid": "u"}}]}',
    ],
)  # fmt: skip
async def test_garbage_makes_it_unavailable(server: KubernetesApi, api: Api, body: bytes) -> None:
    server.fails = lambda _: Reply(content=body)

    with pytest.raises(UnavailableError, match="with what is no list"):
        await everything(api.pages(CONFIG_MAPS, "shop"))


async def test_a_list_of_nothing_has_its_version(server: KubernetesApi, api: Api) -> None:
    """Go writes null for a list that was never made."""
    server.fails = lambda _: Reply(
        content=orjson.dumps({"metadata": {"resourceVersion": "7"}, "items": None})
    )

    found = await everything(api.pages(CONFIG_MAPS, "shop"))

    assert [(each.objects, each.resource_version) for each in found] == [([], "7")]

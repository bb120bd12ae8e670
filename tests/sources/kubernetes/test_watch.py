"""Watches, over a connection that may be cut, go silent or be left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Literal

import pytest

from sources.kubernetes.api import Api
from sources.kubernetes.errors import GoneError, UnavailableError
from tests.sources.kubernetes.connected import CONFIG_MAPS, connected, names
from tests.sources.kubernetes_api import KubernetesApi, Reply, kubernetes_api
from tests.waiting import until


@pytest.fixture
async def server() -> AsyncIterator[KubernetesApi]:
    async with kubernetes_api() as each:
        yield each


@pytest.fixture
async def api(server: KubernetesApi, tmp_path: Path) -> AsyncIterator[Api]:
    async with connected(server, tmp_path) as each:
        yield each


async def read(
    api: Api, version: str = "100", selector: str = "", *, is_metadata: bool = False
) -> list[tuple[str, str]]:
    """(type, name) until it ends."""
    watch = api.watch(CONFIG_MAPS, "shop", selector, version, is_metadata=is_metadata)
    async with aclosing(watch) as batches:
        return [
            (event.type, event.object["metadata"].get("name", ""))
            async for batch in batches
            for event in batch
        ]


async def test_what_happens_is_given_until_the_server_ends_it(
    server: KubernetesApi, api: Api
) -> None:
    server.put("ConfigMap", "shop", "a")
    reading = asyncio.create_task(read(api))
    await until(lambda: server.watched)
    server.put("ConfigMap", "shop", "a", data={"a": "b"})
    server.put("ConfigMap", "till", "b")
    server.bookmark()
    server.delete("ConfigMap", "shop", "a")
    server.end()

    assert await reading == [("ADDED", "a"), ("MODIFIED", "a"), ("BOOKMARK", ""), ("DELETED", "a")]


async def test_it_asks_for_bookmarks_and_an_end_that_is_not_everybodys(
    server: KubernetesApi, api: Api
) -> None:
    for _ in range(8):
        reading = asyncio.create_task(read(api, "100", "app=shop"))
        await until(lambda: server.watched)
        server.end()
        await reading

    called = server.calls[-1]
    assert called.path == "/api/v1/namespaces/shop/configmaps"
    assert called.user == "system:serviceaccount:shop:watcher"
    ends = {int(each.query["timeoutSeconds"]) for each in server.calls}
    assert min(ends) >= 240
    assert max(ends) <= 480
    assert len(ends) > 1
    del called.query["timeoutSeconds"]
    assert called.query == {
        "watch": "true", "allowWatchBookmarks": "true",
        "resourceVersion": "100", "labelSelector": "app=shop",
    }  # fmt: skip


async def test_metadata_alone_is_asked_for_by_the_name_of_one_object(
    server: KubernetesApi, api: Api
) -> None:
    """As a list's kind a real server (1.20) takes it, and sends nothing for ever."""
    server.put("ConfigMap", "shop", "a", data={"a": "b"})
    reading = asyncio.create_task(read(api, is_metadata=True))
    await until(lambda: server.watched)
    server.end()

    assert await reading == [("ADDED", "a")]
    assert (
        server.calls[-1].headers["accept"].startswith("application/json;as=PartialObjectMetadata;")
    )


async def test_a_large_object_comes_whole(server: KubernetesApi, api: Api) -> None:
    """Longer than any buffer on the way."""
    server.put("ConfigMap", "shop", "a", data={"text": "x" * 3_000_000})
    async with aclosing(api.watch(CONFIG_MAPS, "shop", "", "100")) as batches:
        batch = await anext(batches)

    assert len(batch[0].object["data"]["text"]) == 3_000_000


@pytest.mark.parametrize("how", ["status", "stream"])
async def test_a_history_that_is_too_short_is_gone(
    server: KubernetesApi, api: Api, how: Literal["status", "stream"]
) -> None:
    server.put("ConfigMap", "shop", "a")
    server.compact()
    server.tells_gone = how

    with pytest.raises(GoneError, match="too short to watch configmaps in namespace shop"):
        await read(api)


async def test_a_cut_connection_is_unavailable(server: KubernetesApi, api: Api) -> None:
    reading = asyncio.create_task(read(api))
    await until(lambda: server.watched)
    server.end("cut")

    with pytest.raises(UnavailableError):
        await reading


async def test_half_a_line_and_a_cut_give_nothing_of_it(server: KubernetesApi, api: Api) -> None:
    watch = api.watch(CONFIG_MAPS, "shop", "", "100")
    server.put("ConfigMap", "shop", "a")
    assert names(await anext(watch)) == ["a"]
    server.say(b'{"type": "ADDED", "object": {"metadata"')
    server.end("cut")

    with pytest.raises(UnavailableError):
        await anext(watch)


async def test_a_watch_that_had_bookmarks_and_went_silent_is_unavailable(
    server: KubernetesApi, tmp_path: Path
) -> None:
    async with connected(server, tmp_path, silence_s=0.3) as api:
        reading = asyncio.create_task(read(api))
        await until(lambda: server.watched)
        server.bookmark()

        with pytest.raises(UnavailableError, match=r"silent for 0\.3 s"):
            await reading


async def test_a_watch_without_bookmarks_may_be_silent_and_just_ends(
    server: KubernetesApi, tmp_path: Path
) -> None:
    async with connected(server, tmp_path, silence_s=0.3) as api:
        assert await read(api) == []

        await until(lambda: not server.watched)


async def test_cancellation_closes_the_connection(server: KubernetesApi, api: Api) -> None:
    reading = asyncio.create_task(read(api))
    await until(lambda: server.watched)
    reading.cancel()

    with pytest.raises(asyncio.CancelledError):
        await reading
    await until(lambda: not server.watched)


async def test_leaving_it_closes_the_connection(server: KubernetesApi, api: Api) -> None:
    server.put("ConfigMap", "shop", "a")
    async with aclosing(api.watch(CONFIG_MAPS, "shop", "", "100")) as batches:
        await anext(batches)
        assert server.watched

    await until(lambda: not server.watched)


async def test_hundreds_of_watches_leave_room_for_a_request(
    server: KubernetesApi, api: Api
) -> None:
    readings = [asyncio.create_task(read(api)) for _ in range(150)]
    await until(lambda: len(server.watched) == 150)

    assert await api.is_allowed(CONFIG_MAPS, "list", "shop")
    server.end()
    await asyncio.gather(*readings)


@pytest.mark.parametrize(
    ("reply", "told", "retry_after_s"),
    [
        (Reply.told(429, "slow down", **{"Retry-After": "3"}), "429 to watch configmaps", 3),
        (Reply.told(503, "etcd\nis away", **{"Retry-After": "1"}), "503 .*: etcd is away$", 1),
        (Reply.told(500, "x" * 900), "500 .*x{200}…$", None),
        (Reply(502, b"<html>bad gateway</html>"), "502 to watch configmaps in namespace shop$", None),
        (Reply(500, b"[]"), "500 to watch configmaps in namespace shop$", None),
        (Reply(500, b"x" * 1_000_000), "500 to watch configmaps in namespace shop$", None),
        (Reply(400, b'{"message": ["a"]}'), "400 to watch configmaps in namespace shop$", None),
        (Reply.told(429, **{"Retry-After": "soon"}), "429", None),
        (Reply(200, b'{"type": "ADDED"', is_cut=True), "broke|no answer|midst", None),
    ],
)  # fmt: skip
async def test_a_server_that_cannot_is_unavailable(
    server: KubernetesApi, api: Api, reply: Reply, told: str, retry_after_s: float | None
) -> None:
    server.fails = lambda _: reply

    with pytest.raises(UnavailableError, match=told) as caught:
        await read(api)

    assert caught.value.retry_after_s == retry_after_s

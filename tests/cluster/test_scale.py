"""Twenty thousand objects: what they cost, and how long a source takes to have them all."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.admin import Admin, config_map, path_of, rights
from tests.cluster.api_server import ApiServer
from tests.cluster.documents import api_server_source, key_of
from tests.cluster.service import Setup, ready, serving
from tests.faults import results
from tests.faults.ledger import Ledger
from tests.faults.receiver import Receiver, receiver
from tests.waiting import until

OBJECTS = 20_000
TEXT = "x" * 1000
MOST_BYTES = 300 * 1000 * 1000
CAUGHT_UP_S = 30.0


@dataclass(frozen=True, slots=True)
class Scene:
    setup: Setup
    key: str
    folder: Path
    peer: Receiver

    async def start(self, what: str, events: int) -> None:
        """A process of its own: it tells what it has to tell, is quick enough and small enough.

        What an earlier process said of how it fares is no news: the events are.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with serving(self.setup, self.folder / "sources.log") as service:
            await self.come(events, 3 * CAUGHT_UP_S)
            await ready(self.setup.redis_url, self.key, within_s=3 * CAUGHT_UP_S)
            seconds, most = loop.time() - began, service.most_rss()
        results.note(
            f"{OBJECTS:,} objects, {what}",
            f"caught up after {seconds:.1f} s, at most {most >> 20} MiB",
        )
        assert most <= MOST_BYTES, what
        assert seconds <= CAUGHT_UP_S, what

    async def come(self, count: int, within_s: float) -> None:
        """Wait until so many events have come, since the beginning."""
        arrivals = self.peer.ledger.arrivals
        await until(lambda: len(arrivals.get("/all", {})) >= count, within_s)


@pytest.fixture
async def here(
    tmp_path: Path, api_server: ApiServer, admin: Admin, namespace: str, store: str
) -> AsyncIterator[Scene]:
    """All objects are there, and nothing has looked at them yet."""
    await admin.allow(namespace, rights("configmaps"))
    objects = (config_map(f"object-{number}", TEXT) for number in range(OBJECTS))
    await api_server.etcd.put("configmaps", objects, namespace)
    async with receiver(Ledger()) as peer:
        setup = Setup(
            redis_url=store, files=tmp_path / "sources.yaml", kubeconfig=api_server.kubeconfig
        )
        yield Scene(setup, key_of("s", namespace), tmp_path, peer)
    await api_server.etcd.delete_all("configmaps", namespace)


def _written(here: Scene, namespace: str, *, initial: str = "none") -> None:
    here.setup.files.write_text(
        api_server_source(
            "s",
            here.peer.uri("/all"),
            namespace=namespace,
            mode="Resource",
            annotations={"poplin.dev/initial-list": initial},
        )
    )


@pytest.mark.timeout(300)
async def test_twenty_thousand_objects_are_looked_after_by_a_small_process(
    here: Scene, api_server: ApiServer, admin: Admin, namespace: str
) -> None:
    """At its first start, when it goes on, and when it must compare them all."""
    _written(here, namespace)
    await here.start("at first", 0)
    path = path_of("v1", "ConfigMap", namespace, "object-0")
    await admin.patch(await admin.get(path), data={"text": "new"})
    await here.start("going on", 1)
    await admin.delete(await admin.get(path))
    await admin.create(config_map("one-more"), namespace)
    await api_server.compact()
    await api_server.restart()
    await here.start("compared with what is remembered", 3)
    await admin.reconnect()

    assert len(here.peer.ledger.arrivals["/all"]) == 3
    assert "listed and compared" in (here.folder / "sources.log").read_text()


@pytest.mark.timeout(300)
async def test_twenty_thousand_objects_are_emitted_at_the_first_start(
    here: Scene, namespace: str
) -> None:
    """How long that takes is noted, not judged: it is the sink's pace as well."""
    _written(here, namespace, initial="emit")
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with serving(here.setup, here.folder / "sources.log") as service:
        await here.come(OBJECTS, 200)
        seconds, most = loop.time() - began, service.most_rss()

    results.note(
        f"{OBJECTS:,} objects, emitted at first",
        f"{seconds:.1f} s, {OBJECTS / seconds:,.0f} a second; at most {most >> 20} MiB",
    )
    assert most <= MOST_BYTES
    assert max(here.peer.ledger.arrivals["/all"].values()) == 1

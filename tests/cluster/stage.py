"""A source in a namespace of its own, and who receives what it emits, with nothing in between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from poplin.catalog import Condition
from tests.cluster.admin import Admin, Object, config_map
from tests.cluster.api_server import ApiServer
from tests.cluster.documents import api_server_source, key_of
from tests.cluster.service import Service, Setup, ready, serving, status_of
from tests.fabric import Received, Subscriber
from tests.waiting import until

__all__ = ["Stage", "told", "verb_of"]


@dataclass(slots=True)
class Stage:
    """The source is called `s`. `kubeconfig` may be replaced before a process is started."""

    server: ApiServer
    admin: Admin
    namespace: str
    peer: Subscriber
    store_url: str
    folder: Path
    kubeconfig: Path

    @property
    def key(self) -> str:
        return key_of("s", self.namespace)

    def write(self, **source: Any) -> None:
        """The document, with what `api_server_source` takes."""
        text = api_server_source("s", f"{self.peer.url}/", namespace=self.namespace, **source)
        self.files.write_text(text)

    @property
    def files(self) -> Path:
        return self.folder / "sources.yaml"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Service]:
        setup = Setup(redis_url=self.store_url, files=self.files, kubeconfig=self.kubeconfig)
        async with serving(setup, self.folder / "sources.log") as service:
            yield service

    @asynccontextmanager
    async def caught_up(self) -> AsyncIterator[Service]:
        """What the last process said is no news."""
        async with self.serving() as service:
            await until(lambda: "listening" in "\n".join(service.lines), 30)
            await self.ready()
            yield service

    async def ready(self) -> None:
        await ready(self.store_url, self.key)

    async def is_so(self, kind: str, status: str) -> Condition:
        """Wait until that condition has come to that."""
        found: list[Condition] = []

        async def is_it() -> bool:
            seen = await status_of(self.store_url, self.key)
            conditions = seen.conditions if seen else ()
            found[:] = [each for each in conditions if (each.type, each.status) == (kind, status)]
            return bool(found)

        try:
            await until(is_it, 40)
        except TimeoutError:
            raise AssertionError(
                f"{kind} is not {status}: {await status_of(self.store_url, self.key)}"
            ) from None
        return found[0]

    async def watches(self, *namespaces: str) -> None:
        """Wait until these are all that it says it watches."""
        wanted = tuple(sorted(namespaces))

        async def is_it() -> bool:
            seen = await status_of(self.store_url, self.key)
            return seen is not None and seen.namespaces == wanted

        await until(is_it, 20)

    async def make(self, name: str, **labels: str) -> Object:
        return await self.admin.create(config_map(name, labels=labels), self.namespace)

    async def heard(self, *, until_named: str) -> list[str]:
        """All that has been told when something of that name is: the verb and name of each."""

        def is_named() -> bool:
            return any(each.headers["ce-name"] == until_named for each in self.peer.received)

        await until(is_named, 40)
        await asyncio.sleep(0.2)  # what is told of others at the same time
        return [told(each) for each in self.peer.received]


def told(event: Received) -> str:
    return f"{verb_of(event)} {event.headers['ce-name']}"


def verb_of(event: Received) -> str:
    return event.headers["ce-type"].rpartition(".")[2]

"""The rights that docs/sources/kubernetes.md asks for are enough, and with any verb less they are not."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.admin import Admin, config_map
from tests.cluster.api_server import ApiServer
from tests.cluster.documents import api_server_source, key_of
from tests.cluster.least import Rights, documents_of, lesser
from tests.cluster.service import Setup, serving, status_of
from tests.fabric import Subscriber, subscriber
from tests.waiting import until

PAGE = Path(__file__).parents[2] / "docs" / "sources" / "kubernetes.md"
POPLIN = "access-of-poplin.yaml"
OWN = "access.yaml"
SELECTORS: dict[str, Any] = {
    OWN: None,
    "access-together.yaml": {"matchLabels": {"watched": "yes"}},
    "access-each.yaml": {"matchLabels": {"watched": "yes"}},
    "access-everywhere.yaml": {},
}


@dataclass(frozen=True, slots=True)
class Case:
    """A source with its own namespaces; `wanted` is what it needs, of which it may lack a verb."""

    name: str
    file: str
    rights: Rights
    poplin: Rights

    @property
    def other(self) -> str:
        return f"{self.name}-other"

    @property
    def key(self) -> str:
        return key_of("s", self.name)

    @property
    def lacks(self) -> tuple[str, str]:
        return (self.rights.verb or self.poplin.verb, self.rights.resource or self.poplin.resource)

    @property
    def is_whole(self) -> bool:
        return not any(self.lacks)

    @property
    def watched(self) -> str:
        """Where something is to happen."""
        return self.name if self.file == OWN else self.other

    def document(self, sink: str) -> str:
        selector = SELECTORS[self.file]
        if selector:
            selector = {"matchLabels": {"watched": self.name}}
        more = {} if selector is None else {"namespaceSelector": selector}
        resources = [{"apiVersion": "v1", "kind": "ConfigMap", "selector": _labelled(self.name)}]
        return api_server_source(
            "s",
            sink,
            namespace=self.name,
            serviceAccountName="watcher",
            resources=resources,
            **more,
        )


def _labelled(name: str) -> dict[str, Any]:
    """Who may see all sees what others make, too."""
    return {"matchLabels": {"of": name}}


def _cases(prefix: str) -> list[Case]:
    poplin = Rights(tuple(documents_of(PAGE, POPLIN)))
    found: list[tuple[str, Rights, Rights]] = []
    for file in SELECTORS:
        documents = documents_of(PAGE, file)
        wholes = [Rights(tuple(documents))]
        found += [(file, each, poplin) for each in (*wholes, *lesser(documents))]
    own = Rights(tuple(documents_of(PAGE, OWN)))
    found += [(OWN, own, each) for each in lesser(list(poplin.documents))]
    return [
        Case(f"{prefix}-{number}", file, rights, of_poplin)
        for number, (file, rights, of_poplin) in enumerate(found)
    ]


async def _applied(admin: Admin, case: Case) -> None:
    await admin.namespace(case.name)
    await admin.namespace(case.other, watched=case.name)
    account = {"name": "watcher", "namespace": case.name}
    documents = (*case.rights.moved(case.name, case.other), *case.poplin.moved(case.name, ""))
    if not any(each["kind"] == "ServiceAccount" for each in documents):
        await admin.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    for each in documents:
        await admin.create(each)


@asynccontextmanager
async def _served(
    folder: Path, server: ApiServer, store: str, cases: list[Case]
) -> AsyncIterator[Subscriber]:
    """By Poplin as the ServiceAccount that the page gives it."""
    async with subscriber() as peer, server.admin() as admin:
        (folder / "sources.yaml").write_text(
            "".join(each.document(f"{peer.url}/{each.name}") for each in cases)
        )
        setup = Setup(
            redis_url=store,
            files=folder / "sources.yaml",
            kubeconfig=await server.kubeconfig_as(admin, "poplin", "poplin-sources"),
        )
        async with serving(setup, folder / "sources.log"):
            yield peer


@pytest.mark.timeout(180)
async def test_the_rights_on_the_page_are_the_least(
    tmp_path: Path, api_server: ApiServer, admin: Admin, namespace: str, store: str
) -> None:
    cases = _cases(namespace)
    await asyncio.gather(*(_applied(admin, each) for each in cases))
    async with _served(tmp_path, api_server, store, cases) as peer:
        await asyncio.gather(*(until(partial(_is_judged, store, each), 60) for each in cases))
        for each in cases:
            made = config_map("made", labels={"of": each.name})
            await admin.create(made, each.watched)
        whole = {f"/{each.name}" for each in cases if each.is_whole}
        await until(lambda: whole <= {each.path for each in peer.received}, 30)
        judged = {each.key: await status_of(store, each.key) for each in cases}

    assert {each.path for each in peer.received} == whole
    for each in cases:
        status = judged[each.key]
        assert status is not None
        assert status.ready == each.is_whole, (each.file, each.lacks, status.conditions)
        if not each.is_whole:
            words = set(re.findall(r"[\w-]+", status.condition("SufficientPermissions").message))
            assert set(each.lacks) <= words, (each.file, each.lacks, status.conditions)


async def _is_judged(store: str, case: Case) -> bool:
    """Ready says True or False for what it may do."""
    status = await status_of(store, case.key)
    if status is None or not any(
        each.type == "SufficientPermissions" for each in status.conditions
    ):
        return False
    return status.ready or status.condition("SufficientPermissions").status == "False"

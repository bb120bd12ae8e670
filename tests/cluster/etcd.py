"""What is done behind an API server's back: history that is forgotten, objects by the thousand."""

import base64
import json
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import httpx

from tests.cluster.admin import Object

__all__ = ["Etcd"]

_AT_ONCE = 128
"""Operations of a transaction, as etcd allows them by default."""
_REGISTRY = "/registry"


class Etcd:
    """By its HTTP gateway."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def compact(self, revision: str = "") -> int:
        """Forgets all before that revision, else all up to now; gives it."""
        async with self._client() as http:
            if not revision:
                found = await _ask(http, "kv/range", {"key": _text("/")})
                revision = str(found["header"]["revision"])
            await _ask(http, "kv/compaction", {"revision": revision, "physical": True})
        return int(revision)

    async def put(self, plural: str, objects: Iterable[Object], namespace: str) -> None:
        """Into the store as the API server would, which takes JSON too; a tenth of the time. Of its
        core alone.
        """
        async with self._client() as http:
            for batch in _batches(objects):
                ops = [_put(plural, namespace, each) for each in batch]
                await _ask(http, "kv/txn", {"success": ops})

    async def delete_all(self, plural: str, namespace: str) -> None:
        start = f"{_REGISTRY}/{plural}/{namespace}/"
        async with self._client() as http:
            await _ask(
                http, "kv/deleterange", {"key": _text(start), "range_end": _text(start[:-1] + "0")}
            )

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=f"{self._url}/v3/", trust_env=False, timeout=60)


async def _ask(http: httpx.AsyncClient, path: str, words: dict[str, Any]) -> Any:
    answer = await http.post(path, content=json.dumps(words))
    return answer.raise_for_status().json()


def _put(plural: str, namespace: str, wanted: Object) -> dict[str, Any]:
    metadata = {
        **wanted["metadata"],
        "namespace": namespace,
        "uid": str(uuid.uuid4()),
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    key = f"{_REGISTRY}/{plural}/{namespace}/{metadata['name']}"
    value = json.dumps({**wanted, "metadata": metadata})
    return {"request_put": {"key": _text(key), "value": _text(value)}}


def _batches(objects: Iterable[Object]) -> Iterator[list[Object]]:
    each = iter(objects)
    while batch := list(islice(each, _AT_ONCE)):
        yield batch


def _text(value: str) -> str:
    return base64.b64encode(value.encode()).decode()

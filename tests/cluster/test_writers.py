"""What the ledger says was done is what a watch of the API server shows."""

import json
from typing import Any

from tests.cluster.admin import Admin, config_map, path_of
from tests.cluster.writers import Writers, pod_template


async def _now(admin: Admin, path: str) -> str:
    found = await admin.get(path)
    return str(found["metadata"]["resourceVersion"])


async def _seen(admin: Admin, path: str, since: str) -> list[str]:
    """Ids of all that happened there."""
    query = {"watch": "1", "resourceVersion": since, "timeoutSeconds": "1"}
    answer = await admin.http.get(path, params=query)
    return [_id(json.loads(line)) for line in answer.text.splitlines()]


def _id(event: dict[str, Any]) -> str:
    metadata = event["object"]["metadata"]
    is_end = event["type"] == "DELETED"
    return f"{metadata['uid']}/{'deleted' if is_end else metadata['resourceVersion']}"


async def test_writers_and_a_watch_agree(admin: Admin, namespace: str) -> None:
    writers = Writers(admin, namespace, seed=1, makes=(config_map, pod_template))
    paths = [path_of("v1", kind, namespace) for kind in ("ConfigMap", "PodTemplate")]
    since = await _now(admin, paths[0])

    await writers.write(200, rate=400)
    async with writers.paused():
        seen = [each for path in paths for each in await _seen(admin, path, since)]

    assert len(seen) == 200 == writers.history.changes
    assert set(seen) == writers.history.required() == writers.history.possible()
    assert any(each.endswith("/deleted") for each in seen)

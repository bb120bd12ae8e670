"""The server that the tests here run against does what they count on."""

import json
from pathlib import Path
from typing import Any

from tests.cluster.admin import Admin, config_map, path_of
from tests.cluster.api_server import ApiServer, without_a_cache


async def _watched(admin: Admin, namespace: str, since: str) -> list[dict[str, Any]]:
    """What a watch from there says within a second."""
    query = {"watch": "1", "resourceVersion": since, "timeoutSeconds": "1"}
    answer = await admin.http.get(path_of("v1", "ConfigMap", namespace), params=query)
    if answer.status_code != 200:
        return [{"type": "ERROR", "object": answer.json()}]
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_its_objects_outlive_it(api_server: ApiServer, admin: Admin, namespace: str) -> None:
    made = await admin.create(config_map("kept"), namespace)
    await api_server.restart()
    await admin.reconnect()
    found = await admin.get(path_of("v1", "ConfigMap", namespace, "kept"))

    assert found["metadata"]["uid"] == made["metadata"]["uid"]


async def test_a_compacted_history_is_gone_for_who_watches_without_a_cache(tmp_path: Path) -> None:
    """Of the very first change that is left the server says only that it fails: etcd has it, and not
    what was before. Who asks again is told the same until the next compaction.
    """
    async with without_a_cache(tmp_path) as server, server.admin() as admin:
        made = await admin.create(config_map("a"))
        since = made["metadata"]["resourceVersion"]
        changed = await admin.patch(made, data={"text": "new"})
        before = await _watched(admin, "default", since)
        revision = changed["metadata"]["resourceVersion"]
        await server.compact(revision)
        at_its_edge = await _watched(admin, "default", str(int(revision) - 1))
        await admin.delete(changed)
        await server.compact()
        after = await _watched(admin, "default", since)

    assert [each["type"] for each in before] == ["MODIFIED"]
    assert [(each["type"], each["object"]["code"]) for each in at_its_edge] == [("ERROR", 500)]
    assert [(each["type"], each["object"]["code"]) for each in after] == [("ERROR", 410)]

"""An ApiServerSource against a real API server, field by field."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cluster.admin import Admin, config_map, path_of, rights
from tests.cluster.api_server import ApiServer
from tests.cluster.documents import api_server_source, broker, key_of, trigger
from tests.cluster.service import ready
from tests.cluster.stage import Stage, told
from tests.fabric import Fabric, subscriber


@pytest.mark.parametrize("mode", ["Reference", "Resource"])
async def test_what_happens_to_objects_comes_through_a_whole_fabric(
    tmp_path: Path, api_server: ApiServer, admin: Admin, namespace: str, mode: str
) -> None:
    await admin.allow(namespace, rights("configmaps"))
    async with subscriber() as peer:
        yaml = (
            broker("main", {}, namespace)
            + trigger("main", f"{peer.url}/", namespace)
            + api_server_source("s", "main", namespace=namespace, mode=mode)
        )
        async with Fabric.up(tmp_path, yaml, "--kubeconfig", str(api_server.kubeconfig)):
            await ready(f"unix://{tmp_path}/data/store/store.sock", key_of("s", namespace))
            made = await admin.create(config_map("lamp", "on"), namespace)
            await peer.wait_for(1)
            changed = await admin.patch(made, data={"text": "off"})
            await peer.wait_for(2)
            await admin.delete(changed)
            received = await peer.wait_for(3)

    uid = made["metadata"]["uid"]
    short = {"Reference": "ref", "Resource": "resource"}[mode]
    assert [each.headers["ce-type"] for each in received] == [
        f"dev.knative.apiserver.{short}.{verb}" for verb in ("add", "update", "delete")
    ]
    assert [each.headers["ce-id"] for each in received] == [
        f"{uid}/{made['metadata']['resourceVersion']}",
        f"{uid}/{changed['metadata']['resourceVersion']}",
        f"{uid}/deleted",
    ]
    for each in received:
        assert each.headers["ce-source"] == api_server.url
        assert each.headers["ce-subject"] == path_of("v1", "ConfigMap", namespace, "lamp").replace(
            "/api/", "/apis/"
        )
        assert each.headers["content-type"] == "application/json"
        extensions = ("kind", "apiversion", "name", "namespace", "synthetic")
        found = tuple(each.headers.get(f"ce-{name}") for name in extensions)
        assert found == ("ConfigMap", "v1", "lamp", namespace, None)
    data = [json.loads(each.data) for each in received]
    if mode == "Reference":
        reference = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "namespace": namespace,
            "name": "lamp",
        }
        assert data == [reference] * 3
    else:
        assert [each["data"]["text"] for each in data] == ["on", "off", "off"]
        assert {(each["apiVersion"], each["kind"]) for each in data} == {("v1", "ConfigMap")}
        assert not any("managedFields" in each["metadata"] for each in data)


async def test_of_several_resources_each_has_its_own_labels(stage: Stage) -> None:
    """An object that loses its label is gone for the source, and comes with it again."""
    await stage.admin.allow(stage.namespace, rights("configmaps", "podtemplates", "services"))
    wanted = {"matchLabels": {"app": "shop"}}
    stage.write(
        resources=[
            {"apiVersion": "v1", "kind": "ConfigMap", "selector": wanted},
            {"apiVersion": "v1", "kind": "Service"},
        ]
    )
    async with stage.caught_up():
        await stage.make("other", app="else")
        mine = await stage.make("mine", app="shop")
        await stage.peer.wait_for(1)
        mine = await stage.admin.patch(mine, metadata={"labels": {"app": "else"}})
        await stage.peer.wait_for(2)
        await stage.admin.patch(mine, metadata={"labels": {"app": "shop"}})
        await stage.peer.wait_for(3)
        service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "end"}}
        ports = {"ports": [{"port": 80}]}
        await stage.admin.create({**service, "spec": ports}, stage.namespace)
        heard = await stage.heard(until_named="end")

    assert heard == ["add mine", "delete mine", "add mine", "add end"]


async def test_a_first_start_tells_nothing_of_what_is_there(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    old = await stage.make("old")
    stage.write()
    async with stage.caught_up():
        await stage.admin.patch(old, data={"text": "new"})
        await stage.make("end")
        heard = await stage.heard(until_named="end")

    assert heard == ["update old", "add end"]


async def test_a_first_start_tells_of_what_is_there_where_that_is_wanted(stage: Stage) -> None:
    """Once: the next start goes on from there."""
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    await stage.make("old")
    stage.write(annotations={"poplin.dev/initial-list": "emit"})
    async with stage.caught_up():
        await stage.peer.wait_for(1)
    async with stage.caught_up():
        await stage.make("end")
        heard = await stage.heard(until_named="end")

    assert heard == ["add old", "add end"]
    assert [each.headers.get("ce-synthetic") for each in stage.peer.received] == ["true", None]


async def test_what_happened_while_it_was_away_is_told_as_it_happened(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    gone, changed = [await stage.make(name) for name in ("gone", "changed")]
    stage.write(mode="Resource")
    async with stage.caught_up():
        pass
    await stage.admin.delete(gone)
    for text in ("one", "two"):
        await stage.admin.patch(changed, data={"text": text})
    await stage.make("new")
    async with stage.caught_up():
        heard = await stage.heard(until_named="new")

    assert sorted(heard) == ["add new", "delete gone", "update changed", "update changed"]
    assert {each.headers.get("ce-synthetic") for each in stage.peer.received} == {None}


async def test_what_no_history_tells_is_found_and_marked(stage: Stage) -> None:
    """The API server starts anew, and knows of nothing before that."""
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    gone, changed, _ = [await stage.make(name) for name in ("gone", "changed", "same")]
    stage.write(mode="Resource")
    async with stage.caught_up():
        pass
    await stage.admin.delete(gone)
    for text in ("one", "two"):
        changed = await stage.admin.patch(changed, data={"text": text})
    new = await stage.make("new")
    await stage.server.compact()
    await stage.server.restart()
    async with stage.caught_up():
        await stage.peer.wait_for(3)
        await stage.admin.reconnect()
        await stage.make("end")
        heard = await stage.heard(until_named="end")

    found = {told(each): each for each in stage.peer.received}
    assert sorted(heard) == ["add end", "add new", "delete gone", "update changed"]
    assert {name: each.headers.get("ce-synthetic") for name, each in found.items()} == {
        "add new": "true", "update changed": "true", "delete gone": "true", "add end": None
    }  # fmt: skip
    assert found["delete gone"].headers["ce-id"] == f"{gone['metadata']['uid']}/deleted"
    assert json.loads(found["delete gone"].data) == {
        "apiVersion": "v1", "kind": "ConfigMap", "namespace": stage.namespace, "name": "gone"
    }  # fmt: skip
    for event, there in ((found["add new"], new), (found["update changed"], changed)):
        metadata = there["metadata"]
        assert event.headers["ce-id"] == f"{metadata['uid']}/{metadata['resourceVersion']}"
        assert json.loads(event.data)["data"] == there["data"]


async def test_only_what_the_owner_controls(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    stage.write(owner={"apiVersion": "apps/v1", "kind": "ReplicaSet"})
    async with stage.caught_up():
        for name, kind, controls in (
            ("not-owned", "", False),
            ("not-controlled", "ReplicaSet", False),
            ("of-another", "DaemonSet", True),
            ("end", "ReplicaSet", True),
        ):
            wanted = config_map(name)
            owner = {"apiVersion": "apps/v1", "kind": kind, "name": "x", "uid": "u"}
            if kind:
                wanted["metadata"]["ownerReferences"] = [{**owner, "controller": controls}]
            await stage.admin.create(wanted, stage.namespace)
        heard = await stage.heard(until_named="end")

    assert heard == ["add end"]


async def test_only_what_the_filters_let_through(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    stage.write(filters=[{"suffix": {"type": ".delete"}}])
    async with stage.caught_up():
        made = await stage.make("end")
        await stage.admin.delete(await stage.admin.patch(made, data={"text": "new"}))
        heard = await stage.heard(until_named="end")

    assert heard == ["delete end"]


async def test_a_secret_goes_to_the_sink_only_where_that_is_said(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("secrets"))
    secrets = [{"apiVersion": "v1", "kind": "Secret"}]
    stage.write(resources=secrets)
    async with stage.serving():
        refused = await stage.is_so("Ready", "False")
        stage.write(resources=secrets, annotations={"poplin.dev/allow-secrets": "true"})
        await stage.ready()
        metadata = {"name": "end"}
        await stage.admin.create(
            {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}, stage.namespace
        )
        heard = await stage.heard(until_named="end")

    assert "poplin.dev/allow-secrets" in refused.message
    assert heard == ["add end"]


async def test_events_of_kubernetes_have_extensions_to_choose_by(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("events"))
    stage.write(
        mode="Resource",
        resources=[{"apiVersion": "v1", "kind": "Event"}],
        annotations={"poplin.dev/event-extensions": "true"},
    )
    async with stage.caught_up():
        await stage.admin.create(
            {
                "apiVersion": "v1",
                "kind": "Event",
                "metadata": {"name": "end"},
                "involvedObject": {
                    "kind": "Pod", "name": "web-0", "namespace": stage.namespace, "apiVersion": "v1"
                },
                "reason": "BackOff",
                "type": "Warning",
                "message": "Back-off restarting failed container",
            },
            stage.namespace,
        )  # fmt: skip
        await stage.heard(until_named="end")

    (event,) = stage.peer.received
    names = ("reason", "eventtype", "involvedkind", "involvedname")
    found = tuple(event.headers[f"ce-{name}"] for name in names)
    assert found == ("BackOff", "Warning", "Pod", "web-0")


async def test_an_edit_takes_effect_and_forgets_nothing(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    stage.write()
    async with stage.caught_up():
        made = await stage.make("old")
        await stage.heard(until_named="old")
        stage.write(mode="Resource", ceOverrides={"extensions": {"team": "billing"}})
        while "ce-team" not in stage.peer.received[-1].headers:
            count = len(stage.peer.received)
            made = await stage.admin.patch(made, data={"text": str(count)})
            await stage.peer.wait_for(count + 1)
            await asyncio.sleep(0.1)

    last = stage.peer.received[-1]
    assert last.headers["ce-team"] == "billing"
    assert last.headers["ce-type"] == "dev.knative.apiserver.resource.update"
    ids = [each.headers["ce-id"] for each in stage.peer.received]
    assert len(set(ids)) == len(ids)

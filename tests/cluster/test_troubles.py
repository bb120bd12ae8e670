"""What an ApiServerSource lacks is named, waited for, and found once it is there."""

from tests.cluster.admin import rights
from tests.cluster.stage import Stage, verb_of
from tests.faults.proxy import proxy


async def test_a_missing_permission_is_named_and_found_once_it_is_granted(stage: Stage) -> None:
    await stage.admin.allow(stage.namespace, rights("configmaps", verbs=("list",)))
    stage.write()
    async with stage.serving():
        missing = await stage.is_so("SufficientPermissions", "False")
        not_ready = await stage.is_so("Ready", "False")
        await stage.admin.allow(stage.namespace, rights("configmaps", verbs=("watch",)))
        await stage.ready()
        await stage.make("end")
        heard = await stage.heard(until_named="end")

    said = missing.message.partition(": ")[0]  # the rest is what to do
    for word in ("watch", "configmaps", stage.namespace):
        assert word in said, missing
    assert "list" not in said, missing
    assert not_ready.message == missing.message
    assert heard == ["add end"]


async def test_a_permission_that_is_taken_away_is_missed_until_it_is_back(stage: Stage) -> None:
    role = await stage.admin.allow(stage.namespace, rights("configmaps"))
    stage.write()
    async with proxy(stage.server.url, 1) as network:
        url = f"https://127.0.0.1:{network.port}"
        stage.kubeconfig = stage.server.kubeconfig_of("admin", url)
        async with stage.caught_up():
            await stage.admin.patch(role, rules=[])
            network.cut()  # a watch that is open goes on for as long as it lasts
            await stage.is_so("SufficientPermissions", "False")
            await stage.make("meanwhile")
            await stage.admin.patch(role, rules=[rights("configmaps")])
            await stage.ready()
            await stage.make("end")
            heard = await stage.heard(until_named="end")

    assert heard == ["add meanwhile", "add end"]


async def test_a_kind_that_is_not_there_is_named_and_found_once_it_is(stage: Stage) -> None:
    group, kind = f"{stage.namespace}.example.com", "Lamp"
    await stage.admin.allow(stage.namespace, rights("lamps", group=group))
    stage.write(resources=[{"apiVersion": f"{group}/v1", "kind": kind}])
    async with stage.serving():
        missing = await stage.is_so("ResourcesFound", "False")
        await stage.is_so("Ready", "False")
        await stage.admin.create(_definition(group, kind))
        await stage.ready()
        metadata = {"name": "end"}
        lamp = {"apiVersion": f"{group}/v1", "kind": kind, "metadata": metadata}
        await stage.admin.create(lamp, stage.namespace)
        heard = await stage.heard(until_named="end")

    assert f"{group}/v1" in missing.message
    assert kind in missing.message
    assert heard == ["add end"]


def _definition(group: str, kind: str) -> dict[str, object]:
    plural = f"{kind.lower()}s"
    schema = {"openAPIV3Schema": {"type": "object"}}
    version = {"name": "v1", "served": True, "storage": True, "schema": schema}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
            "versions": [version],
        },
    }


async def test_an_api_server_that_is_away_is_waited_for(stage: Stage) -> None:
    """It goes on from where it was, and says meanwhile why nothing comes."""
    await stage.admin.allow(stage.namespace, rights("configmaps"))
    stage.write()
    async with proxy(stage.server.url, 1) as network:
        url = f"https://127.0.0.1:{network.port}"
        stage.kubeconfig = stage.server.kubeconfig_of("admin", url)
        async with stage.caught_up():
            network.refuses = True
            network.cut()
            gone = await stage.make("gone")
            await stage.admin.delete(gone)
            away = await stage.is_so("Deployed", "False")
            network.refuses = False
            await stage.ready()
            await stage.make("end")
            await stage.heard(until_named="end")

    verbs = [verb_of(each) for each in stage.peer.received if each.headers["ce-name"] == "gone"]
    assert away.reason == "ApiServerUnavailable"
    assert verbs == ["add", "delete"]

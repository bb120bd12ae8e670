"""Namespaces of an ApiServerSource, as a real API server has them."""

import pytest

from tests.cluster.admin import config_map, rights
from tests.cluster.stage import Stage


async def test_all_namespaces(stage: Stage) -> None:
    await stage.admin.allow("", rights("configmaps"), of=stage.namespace, is_everywhere=True)
    stage.write(
        namespaceSelector={},
        resources=[{"apiVersion": "v1", "kind": "ConfigMap", "selector": _only(stage)}],
    )
    async with stage.caught_up():
        for each in (stage.namespace, f"{stage.namespace}-late"):
            if each != stage.namespace:
                await stage.admin.namespace(each)
            await stage.admin.create(config_map(f"in-{each}", labels={"of": stage.namespace}), each)
        heard = await stage.heard(until_named=f"in-{stage.namespace}-late")

    assert heard == [f"add in-{stage.namespace}", f"add in-{stage.namespace}-late"]


def _only(stage: Stage) -> dict[str, dict[str, str]]:
    """Of all namespaces it sees what other tests leave there."""
    return {"matchLabels": {"of": stage.namespace}}


@pytest.mark.parametrize("is_everywhere", [True, False], ids=["together", "one by one"])
async def test_namespaces_by_label_as_they_come_and_go(stage: Stage, is_everywhere: bool) -> None:
    """What is in one that is made is new; what is in one that begins to match was there before."""
    admin, at_first, later, made = stage.admin, *_namespaces(stage)
    label = {"watched": stage.namespace}
    await admin.namespace(at_first, **label)
    plain = await admin.namespace(later)
    await admin.allow("", rights("namespaces"), of=stage.namespace, is_everywhere=True)
    for each in (at_first, later):
        await admin.create(config_map("old"), each)
    if is_everywhere:
        await admin.allow("", rights("configmaps"), of=stage.namespace, is_everywhere=True)
    else:
        for each in (at_first, later):
            await admin.allow(each, rights("configmaps"), of=stage.namespace)
    stage.write(namespaceSelector={"matchLabels": label})
    async with stage.caught_up():
        await admin.create(config_map("one"), at_first)
        await stage.heard(until_named="one")
        plain = await admin.patch(plain, metadata={"labels": label})
        await stage.watches(at_first, later)
        await admin.create(config_map("two"), later)
        await stage.heard(until_named="two")
        await admin.patch(plain, metadata={"labels": {"watched": None}})
        await stage.watches(at_first)
        await admin.create(config_map("unseen"), later)

        await admin.namespace(made, **label)
        if not is_everywhere:
            await admin.allow(made, rights("configmaps"), of=stage.namespace)
        await admin.create(config_map("three"), made)
        await stage.heard(until_named="three")
        await admin.create(config_map("end"), at_first)
        heard = await stage.heard(until_named="end")

    assert heard == ["add one", "add two", "add three", "add end"]


def _namespaces(stage: Stage) -> tuple[str, str, str]:
    return (f"{stage.namespace}-a", f"{stage.namespace}-b", f"{stage.namespace}-c")

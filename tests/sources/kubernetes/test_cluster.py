"""The cluster as a process of sources has it."""

import subprocess
import sys
from pathlib import Path

import pytest

from sources.kubernetes.cluster import Cluster
from sources.kubernetes.errors import UnavailableError
from tests.sources.kubernetes.connected import CONFIG_MAPS, everything
from tests.sources.kubernetes_api import kubernetes_api


async def test_each_source_acts_as_its_own_service_account(tmp_path: Path) -> None:
    async with kubernetes_api() as server:
        cluster = Cluster(server.kubeconfig(tmp_path / "kubeconfig"), None)
        for namespace, name in (("shop", "watcher"), ("till", "default")):
            api = await cluster.api(namespace, name)
            await everything(api.pages(CONFIG_MAPS, namespace))

        await cluster.close()

        assert [each.user for each in server.calls] == [
            "system:serviceaccount:shop:watcher",
            "system:serviceaccount:till:default",
        ]


async def test_a_kubeconfig_that_comes_later_is_read(tmp_path: Path) -> None:
    async with kubernetes_api() as server:
        cluster = Cluster(tmp_path / "kubeconfig", None)
        with pytest.raises(UnavailableError):
            await cluster.api("shop", "watcher")
        server.kubeconfig(tmp_path / "kubeconfig")

        assert (await cluster.api("shop", "watcher")).host == server.url
        await cluster.close()


def test_who_has_no_api_server_source_does_not_pay_for_its_client() -> None:
    """30 MB and a third of a second."""
    code = (
        "import sys, sources.kubernetes.cluster; "
        "sources.kubernetes.cluster.Cluster(None, None); "
        "sys.exit(bool({'aiohttp', 'kubernetes'} & {*sys.modules}))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

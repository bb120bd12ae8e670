"""Examples that need a Kubernetes API server work as their first lines say."""

import json

import pytest

from tests.cluster.api_server import ApiServer
from tests.cluster.reading import run_in_cluster
from tests.docs.runner import ROOT
from tests.fabric import subscriber

README = ROOT / "examples" / "21-kubernetes-events" / "README.md"


async def test_the_chat_hears_of_a_crash_loop_once(
    api_server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with subscriber() as chat:
        monkeypatch.setenv("CHAT_WEBHOOK_URL", f"{chat.url}/hook")
        await run_in_cluster(README, api_server, monkeypatch)

    told = {"text": "default/web-6b7f: Back-off restarting failed container (5 times)"}
    assert [(each.path, json.loads(each.data)) for each in chat.received] == [("/hook", told)]

"""GitHub delivers while the broker is down: it never sends again by itself."""

import asyncio
import re
from pathlib import Path

import pytest

from bench.fabric import free_port
from tests.fabric import Fabric, broker_yaml, subscriber, trigger_yaml
from tests.faults import results
from tests.faults.store import paused, running
from tests.sources.github_api import TOKEN, GitHubApi, github_api
from tests.waiting import until

DOWN_S = 60.0
RATE = 5.0
_AROUND_S = 2.0
_PLACE = "acme/shop"


def _source_yaml(api_url: str) -> str:
    return f"""---
apiVersion: v1
kind: Secret
metadata: {{name: github}}
stringData: {{secret: not-a-real-secret, token: {TOKEN}}}
---
apiVersion: sources.knative.dev/v1alpha1
kind: GitHubSource
metadata: {{name: shop}}
spec:
  ownerAndRepository: {_PLACE}
  eventTypes: [push]
  githubAPIURL: {api_url}
  accessToken: {{secretKeyRef: {{name: github, key: token}}}}
  secretToken: {{secretKeyRef: {{name: github, key: secret}}}}
  sink: {{ref: {{apiVersion: eventing.knative.dev/v1, kind: Broker, name: main}}}}
"""


async def _deliver(github: GitHubApi, seconds: float) -> set[str]:
    """The guids of what happened, at a steady rate; each is sent once, whatever is answered."""
    async with asyncio.TaskGroup() as tasks:
        sent = []
        for number in range(int(seconds * RATE)):
            payload = {"number": number, "repository": {"full_name": _PLACE}}
            sent.append(tasks.create_task(github.deliver(_PLACE, "push", payload)))
            await asyncio.sleep(1 / RATE)
    return {each.result() for each in sent}


def _by_answer(github: GitHubApi, hook: int) -> tuple[set[str], set[str]]:
    """The guids whose first delivery was acknowledged, and those whose was not."""
    first: dict[str, int] = {}
    for each in github.deliveries(hook):
        if each["event"] == "push":
            first.setdefault(each["guid"], each["status_code"])
    taken = {guid for guid, status in first.items() if 200 <= status < 300}
    return taken, first.keys() - taken


def _asked_again(github: GitHubApi, hook: int) -> set[str]:
    """The guids that GitHub was asked to deliver anew."""
    guids = {str(each["id"]): each["guid"] for each in github.deliveries(hook)}
    paths = [call.path for call in github.made("POST")]
    found = [re.search(r"deliveries/(\d+)/attempts$", path) for path in paths]
    return {guids[each[1]] for each in found if each}


@pytest.mark.timeout(300)
async def test_the_broker_is_down_while_github_delivers(tmp_path: Path) -> None:
    """What is not acknowledged is asked for again, until it is."""
    port = free_port()
    options = (
        *("--webhook-port", str(port), "--webhook-url", f"http://127.0.0.1:{port}"),
        *("--redeliver-every", "2"),
    )
    async with running(tmp_path / "store") as store, subscriber() as peer, github_api() as github:
        yaml = (
            broker_yaml(annotations="")
            + trigger_yaml("all", f"{peer.url}/", kind="dev.knative.source.github.push")
            + _source_yaml(github.url)
        )
        async with Fabric.up(tmp_path, yaml, "--redis", store.url, *options):
            await until(lambda: github.hooks.get(_PLACE))
            hook = github.hooks[_PLACE][0]["id"]
            delivering = asyncio.create_task(_deliver(github, DOWN_S + 2 * _AROUND_S))
            await asyncio.sleep(_AROUND_S)
            with paused(store.pid):
                await asyncio.sleep(DOWN_S)
            happened = await delivering
            taken, refused = _by_answer(github, hook)
            await until(
                lambda: happened <= {each.headers["ce-id"] for each in peer.received}, DOWN_S + 30
            )
            await until(lambda: refused <= _asked_again(github, hook))

    results.note(
        f"broker down {DOWN_S:g} s while GitHub delivers",
        f"{len(happened)} deliveries, {len(taken)} acknowledged, {len(refused)} not: each of these "
        "was asked for again; 0 lost",
    )
    assert taken | refused == happened
    assert len(refused) >= DOWN_S * RATE / 3
    assert _asked_again(github, hook) == refused

"""The subscriber of examples/21-kubernetes-events; in a cluster: tests/cluster."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.fabric import Subscriber, subscriber

EXAMPLE = Path(__file__).parents[2] / "examples" / "21-kubernetes-events"
EVENT = json.loads((EXAMPLE / "event.json").read_text())


@asynccontextmanager
async def _told_by(chat: Subscriber) -> AsyncIterator[httpx.AsyncClient]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(EXAMPLE / "tell.py"), "0",
        env={**os.environ, "CHAT_WEBHOOK_URL": chat.url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            line = (await process.stdout.readline()).decode()
        async with httpx.AsyncClient(base_url=line.split()[-1], trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        await process.communicate()


def _of(pod: str, **more: object) -> dict[str, object]:
    return {**EVENT, "involvedObject": {"namespace": "shop", "name": pod}, **more}


def _texts(chat: Subscriber) -> list[str]:
    return [json.loads(each.data)["text"] for each in chat.received]


async def test_each_pod_is_told_of_once() -> None:
    async with subscriber() as chat, _told_by(chat) as way:
        statuses = [
            (await way.post("/", json=each)).status_code
            for each in (_of("a"), _of("b", message="Back-off pulling image", count=2), _of("a"))
        ]

    assert statuses == [202, 202, 202]
    assert _texts(chat) == [
        "shop/a: Back-off restarting failed container (5 times)",
        "shop/b: Back-off pulling image (2 times)",
    ]


async def test_a_chat_that_does_not_listen_hears_it_when_the_broker_comes_again() -> None:
    async with subscriber() as chat, _told_by(chat) as way:
        chat.answer = lambda _: (500 if len(chat.received) == 1 else 200, "", b"")
        statuses = [(await way.post("/", json=_of("a"))).status_code for _ in range(3)]

    assert statuses == [502, 202, 202]
    assert len(chat.received) == 2

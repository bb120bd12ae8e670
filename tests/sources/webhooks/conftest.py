"""A receiver with a source, the sink that it leads to, and who sends."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.fabric import Subscriber, subscriber
from tests.sources.stage import Stage, stage


@pytest.fixture
async def sink() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest.fixture
async def receiver(sink: Subscriber) -> AsyncIterator[Stage]:
    async with stage(sink.url) as each:
        yield each


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=20) as each:
        yield each

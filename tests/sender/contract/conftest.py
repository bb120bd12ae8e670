"""What a sender promises, whatever the server does: for ours and for a twin made with aiohttp."""

from collections.abc import AsyncIterator

import pytest

from poplin.sender import Limits, Sender
from tests.sender.aiohttp_twin import DIFFERENCES, AiohttpTwin
from tests.sender.conftest import Certificate
from tests.sender.helpers import AnySender

LIMITS = Limits(
    max_header_bytes=20_000, max_header_count=100, max_body_bytes=50_000, stale_after_s=0
)


@pytest.fixture(params=[Sender, AiohttpTwin])
async def sender(
    request: pytest.FixtureRequest, certificate: Certificate
) -> AsyncIterator[AnySender]:
    name, _, case = request.node.name.removesuffix("]").partition("[")
    why = DIFFERENCES.get((name, case.rpartition("AiohttpTwin-")[2]))
    if request.param is AiohttpTwin and why is not None:
        request.applymarker(pytest.mark.xfail(reason=f"aiohttp: {why}", strict=True))
    each: AnySender = request.param(LIMITS, ssl_context=certificate.trusted())
    yield each
    await each.close()

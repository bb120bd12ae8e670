"""A store that forbids CONFIG, as managed ones do."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from poplin.errors import ConfigurationError
from poplin.store import LeanRedis, check_profile, connect, ensure_profile
from tests.conftest import REDIS, VALKEY
from tests.topology.servers import Node
from tests.waiting import until

DURABLE = ("appendonly yes", "appendfsync always", 'save ""')
NO_CONFIG = {
    "no permission": "user managed on nopass ~* &* +@all -config",
    "no command": 'rename-command CONFIG ""\nuser managed on nopass ~* &* +@all',
}


@pytest.fixture(params=[VALKEY, REDIS])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=NO_CONFIG)
async def managed(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str
) -> AsyncIterator[LeanRedis]:
    node = Node(tmp_path, kind, [*DURABLE, NO_CONFIG[request.param]])
    await until(node.admin.ping)
    redis = connect(f"redis://managed:any@127.0.0.1:{node.port}")
    yield redis
    await redis.aclose()
    await node.close()


async def test_it_is_refused_with_the_option_that_trusts_it(managed: LeanRedis) -> None:
    with pytest.raises(ConfigurationError, match="start with --trust-store"):
        await check_profile(managed, "durable")


async def test_it_serves_when_it_is_trusted_and_that_is_said_once(managed: LeanRedis) -> None:
    with structlog.testing.capture_logs() as lines:
        assert await ensure_profile(managed, "durable", asyncio.Event(), trust=True)

    assert [line["log_level"] for line in lines] == ["warning"]
    assert "--trust-store" in lines[0]["event"]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("appendonly no", "its appendonly is 'no'; set it to yes"),
        ("maxmemory-policy allkeys-lru", "its maxmemory-policy is 'allkeys-lru'; set it to"),
    ],
)
async def test_what_it_tells_of_itself_is_not_taken_on_trust(
    tmp_path: Path, kind: str, line: str, says: str
) -> None:
    node = Node(tmp_path, kind, [*DURABLE, NO_CONFIG["no permission"], line])
    await until(node.admin.ping)
    redis = connect(f"redis://managed:any@127.0.0.1:{node.port}")

    with pytest.raises(ConfigurationError, match=says):
        await check_profile(redis, "durable", trust=True)
    await redis.aclose()
    await node.close()


async def test_a_store_that_shows_its_configuration_is_checked_all_the_same(
    tmp_path: Path, kind: str
) -> None:
    node = Node(tmp_path, kind, ["appendonly yes", "appendfsync everysec"])
    await until(node.admin.ping)
    redis = connect(f"redis://127.0.0.1:{node.port}")

    with pytest.raises(ConfigurationError, match="CONFIG SET appendfsync always"):
        await check_profile(redis, "durable", trust=True)
    await redis.aclose()
    await node.close()

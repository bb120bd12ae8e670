"""Replies of a real server in trouble: each means again, and nothing is lost or done twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from redis.exceptions import ResponseError

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.log import Log, LogId
from poplin.store import Availability, connect
from tests.conftest import REDIS, VALKEY
from tests.log.helpers import GENERATION, accepted, event
from tests.topology.servers import Node
from tests.waiting import until

BEGIN = LogId(b"0-0")


@pytest.fixture(params=[VALKEY, REDIS])
async def node(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Node]:
    lines = ["appendonly yes", "appendfsync always", 'save ""', "enable-debug-command local"]
    each = Node(tmp_path, request.param, lines)
    await until(each.admin.ping)
    yield each
    await each.close()


@pytest.fixture
async def log(node: Node) -> AsyncIterator[Log]:
    redis = connect(f"redis://127.0.0.1:{node.port}", timeout_s=1.5)
    log = Log(redis, "shop/orders")
    await log.fence(GENERATION)
    yield log
    await redis.aclose()


async def test_a_demoted_primary_is_left_until_it_is_primary_again(node: Node, log: Log) -> None:
    await node.command("REPLICAOF", "127.0.0.1", 1)
    with pytest.raises(StoreUnavailableError, match="read only"):
        await log.append([event()])
    await node.command("REPLICAOF", "NO", "ONE")

    assert len(await accepted(log, 1)) == 1


async def test_too_few_replicas_for_the_server_itself(node: Node, log: Log) -> None:
    await node.admin.config_set("min-replicas-to-write", 1)
    with pytest.raises(StoreUnavailableError, match="NOREPLICAS"):
        await log.append([event()])
    await node.admin.config_set("min-replicas-to-write", 0)

    assert len(await accepted(log, 1)) == 1


async def test_a_server_that_is_busy_with_a_long_script(node: Node, log: Log) -> None:
    await node.admin.config_set("busy-reply-threshold", 50)
    busy = asyncio.create_task(node.command("EVAL", "while true do end", 0))

    async with asyncio.timeout(10):
        while True:
            try:
                await log.append([])
            except StoreUnavailableError as error:
                if "BUSY" in str(error):
                    break
    await until(lambda: node.command("SCRIPT", "KILL"))
    with pytest.raises(ResponseError):
        await busy

    assert len(await accepted(log, 1)) == 1


async def test_a_read_that_is_unblocked_by_an_operator(node: Node, log: Log) -> None:
    reading = asyncio.create_task(log.read(BEGIN, 10, 1.0))
    (client,) = await _blocked(node)

    await node.command("CLIENT", "UNBLOCK", client, "ERROR")

    with pytest.raises(StoreUnavailableError, match="UNBLOCKED"):
        await reading


async def _blocked(node: Node) -> list[int]:
    found: list[int] = []

    async def is_blocked() -> bool:
        clients = await node.admin.client_list()
        found[:] = [int(each["id"]) for each in clients if "b" in each["flags"]]
        return bool(found)

    await until(is_blocked)
    return found


async def test_a_server_that_loads_its_file(node: Node, log: Log) -> None:
    """It answers LOADING or nothing until all that it had acknowledged is there again."""
    ids = await accepted(log, 2000)
    await node.admin.config_set("key-load-delay", 200)
    await node.admin.config_rewrite()

    node.kill()
    again = asyncio.create_task(node.start_again())
    refused = 0
    async with asyncio.timeout(20):
        while True:
            try:
                found = await log.read(BEGIN, 10_000, 0)
                break
            except StoreUnavailableError:
                refused += 1
                await asyncio.sleep(0.01)
    await again

    assert [log_id for log_id, _ in found] == ids
    assert refused > 0


async def test_a_password_that_was_changed_is_a_configuration_error(node: Node) -> None:
    redis = connect(f"redis://:old@127.0.0.1:{node.port}")
    await node.admin.config_set("requirepass", "new")

    with pytest.raises(ConfigurationError, match="check the user and password"):
        await Log(redis, "shop/orders").position()
    await redis.aclose()


async def test_going_away_and_coming_back_is_said_once_each(node: Node) -> None:
    redis = connect(f"redis://127.0.0.1:{node.port}", availability=Availability())
    log = Log(redis, "shop/orders")
    with structlog.testing.capture_logs() as lines:
        await log.position()
        node.kill()
        for _ in range(20):
            with pytest.raises(StoreUnavailableError):
                await log.position()
        await node.start_again()

        async def is_said() -> bool:
            await log.position()
            return len(lines) > 1

        await until(is_said)
    await redis.aclose()

    assert [(line["log_level"], line["event"]) for line in lines] == [
        ("warning", "the store is away"),
        ("info", "the store is back"),
    ]

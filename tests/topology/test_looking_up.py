"""Whom sentinels are believed, and when they are asked again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.log import Log
from poplin.store import connect
from tests.resp import CLOSE, array, resp_server

NO_SUCH = b"-ERR No such master with that name\r\n"


@dataclass
class _Sentinel:
    """Names a primary, or says something else."""

    epoch: int = 0
    port: int = 0
    says: bytes = b""
    asked: int = 0

    def answer(self, words: list[bytes]) -> bytes:
        assert words == [b"SENTINEL", b"MASTER", b"orchard"]
        self.asked += 1
        return self.says or array(
            "name", "orchard", "ip", "127.0.0.1", "port", str(self.port),
            "config-epoch", str(self.epoch),
        )  # fmt: skip


@dataclass
class _Server:
    """Answers every script with these, the last one for ever."""

    answers: list[bytes] = field(default_factory=lambda: [b":1\r\n"])
    calls: int = 0

    def answer(self, _words: list[bytes]) -> bytes:
        self.calls += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _World:
    """Three sentinels and two servers."""

    def __init__(self) -> None:
        self.sentinels = [_Sentinel(), _Sentinel(), _Sentinel()]
        self.old, self.new = _Server(), _Server()
        self.old_port = self.new_port = 0
        self.url = ""

    def name(self, *epochs_and_ports: tuple[int, int]) -> None:
        for sentinel, (epoch, port) in zip(self.sentinels, epochs_and_ports, strict=True):
            sentinel.epoch, sentinel.port = epoch, port


@pytest.fixture
async def world() -> AsyncIterator[_World]:
    world = _World()
    async with AsyncExitStack() as stack:
        world.old_port = await stack.enter_async_context(resp_server(world.old.answer))
        world.new_port = await stack.enter_async_context(resp_server(world.new.answer))
        ports = [
            await stack.enter_async_context(resp_server(sentinel.answer))
            for sentinel in world.sentinels
        ]
        hosts = ",".join(f"127.0.0.1:{port}" for port in ports)
        world.url = f"redis+sentinel://{hosts}/orchard"
        yield world


async def test_the_newest_epoch_is_believed_however_few_know_it(world: _World) -> None:
    """Two that were cut off together with the old primary still name it."""
    world.name((4, world.old_port), (5, world.new_port), (4, world.old_port))
    redis = connect(world.url)

    await Log(redis, "shop/orders").fence(1)

    assert (world.old.calls, world.new.calls) == (0, 1)
    await redis.aclose()


@pytest.mark.parametrize("says", [NO_SUCH, CLOSE, b""], ids=["knows none", "closes", "silent"])
async def test_a_sentinel_that_names_nothing_is_passed_over(world: _World, says: bytes) -> None:
    world.name((4, world.old_port), (4, world.old_port), (4, world.old_port))
    world.sentinels[0].says = says or b"*"  # an answer that does not end
    redis = connect(world.url)

    await Log(redis, "shop/orders").fence(1)

    assert world.old.calls == 1
    await redis.aclose()


@pytest.mark.parametrize(
    "trouble",
    [
        b"-READONLY You can't write against a read only replica.\r\n",
        b"-MASTERDOWN Link with MASTER is down\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-NOREPLICAS Not enough good replicas to write.\r\n",
        CLOSE,
    ],
)
async def test_a_primary_that_fails_is_left_and_the_sentinels_are_asked_again(
    world: _World, trouble: bytes
) -> None:
    world.name(*[(4, world.old_port)] * 3)
    world.old.answers = [b":1\r\n", trouble]
    redis = connect(world.url)
    log = Log(redis, "shop/orders")
    await log.fence(1)

    world.name(*[(5, world.new_port)] * 3)
    with pytest.raises(StoreUnavailableError):
        await log.fence(2)
    await log.fence(3)

    assert (world.old.calls, world.new.calls) == (2, 1), "nothing is sent twice"
    await redis.aclose()


async def test_a_write_that_no_replica_has_leaves_the_primary(world: _World) -> None:
    world.name(*[(4, world.old_port)] * 3)
    world.old.answers = [b":1\r\n", b":0\r\n"]  # the script's answer, then WAIT's
    world.new.answers = [b":1\r\n", b":1\r\n"]
    redis = connect(world.url, replicas=1)
    log = Log(redis, "shop/orders")

    with pytest.raises(StoreUnavailableError, match="0 of 1 replicas acknowledged"):
        await log.fence(2)
    world.name(*[(5, world.new_port)] * 3)
    await log.fence(2)

    assert world.sentinels[0].asked == 2
    assert world.new.calls == 2
    await redis.aclose()


async def test_as_many_replicas_as_were_asked_for_must_acknowledge(world: _World) -> None:
    world.name(*[(4, world.old_port)] * 3)
    world.old.answers = [b":1\r\n", b":1\r\n", b":1\r\n", b":2\r\n"]
    redis = connect(world.url, replicas=2)

    with pytest.raises(StoreUnavailableError, match="1 of 2 replicas acknowledged"):
        await Log(redis, "shop/orders").fence(1)
    await Log(redis, "shop/orders").fence(1)
    await redis.aclose()


async def test_a_primary_that_nobody_names_is_an_unavailable_store(world: _World) -> None:
    for sentinel in world.sentinels:
        sentinel.says = NO_SUCH
    redis = connect(world.url)

    with pytest.raises(StoreUnavailableError, match="no sentinel names the primary 'orchard'"):
        await Log(redis, "shop/orders").position()
    await redis.aclose()


async def test_sentinels_that_want_a_password_are_a_configuration_error(world: _World) -> None:
    for sentinel in world.sentinels:
        sentinel.says = b"-NOAUTH Authentication required.\r\n"
    redis = connect(world.url)

    with pytest.raises(ConfigurationError, match=r"add \?sentinel_password="):
        await Log(redis, "shop/orders").position()
    await redis.aclose()

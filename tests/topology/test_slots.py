"""Which node is believed about the slots, and when it is asked again."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin.log import Log
from poplin.store import connect
from tests.resp import CLOSE, resp_server


@dataclass
class _Node:
    """Tells who serves all slots, as of an epoch; answers scripts when it thinks that it does."""

    port: int = 0
    owner: int = 0
    epoch: int = 1
    state: str = "ok"
    slots: bytes = b""
    script: bytes = b":1\r\n"
    sent: list[bytes] = field(default_factory=list)

    @property
    def calls(self) -> int:
        return len(self.sent)

    def answer(self, words: list[bytes]) -> bytes:
        if words[0] != b"CLUSTER":
            self.sent.append(words[0])
            return self.script
        if words[1] == b"SLOTS":
            return self.slots or (
                b"*1\r\n*3\r\n:0\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$2\r\nid\r\n"
                % self.owner
            )
        info = f"cluster_state:{self.state}\r\ncluster_current_epoch:{self.epoch}\r\n".encode()
        return b"$%d\r\n%b\r\n" % (len(info), info)


@dataclass
class _World:
    old: _Node
    new: _Node
    url: str


@pytest.fixture
async def world() -> AsyncIterator[_World]:
    """Two nodes, each of which thinks that the old one serves everything."""
    old, new = _Node(), _Node()
    async with AsyncExitStack() as stack:
        for node in (old, new):
            node.port = await stack.enter_async_context(resp_server(node.answer))
        old.owner = new.owner = old.port
        yield _World(old, new, f"redis+cluster://127.0.0.1:{old.port},127.0.0.1:{new.port}")


async def test_the_newest_epoch_is_believed(world: _World) -> None:
    """A primary that is cut off still thinks that the slots are its own."""
    world.new.owner, world.new.epoch = world.new.port, 2
    redis = connect(world.url)

    await Log(redis, "shop/orders").fence(1)

    assert (world.old.calls, world.new.calls) == (0, 1)
    await redis.aclose()


async def test_a_node_that_thinks_the_cluster_is_down_is_believed_last(world: _World) -> None:
    world.new.owner = world.new.port
    world.old.epoch, world.old.state = 2, "fail"
    redis = connect(world.url)

    await Log(redis, "shop/orders").fence(1)

    assert world.new.calls == 1
    await redis.aclose()


@pytest.mark.parametrize(
    "trouble",
    [
        b"-CLUSTERDOWN The cluster is down\r\n",
        b"-LOADING Redis is loading the dataset in memory\r\n",
        b"-READONLY You can't write against a read only replica.\r\n",
        CLOSE,
    ],
)
async def test_a_node_that_fails_makes_the_slots_be_asked_for_again(
    world: _World, trouble: bytes
) -> None:
    redis = connect(world.url)
    log = Log(redis, "shop/orders")
    await log.fence(1)

    world.old.script = trouble
    world.new.owner, world.new.epoch = world.new.port, 2
    with pytest.raises(StoreUnavailableError):
        await log.fence(2)
    await log.fence(3)

    assert (world.old.calls, world.new.calls) == (2, 1), "nothing is sent twice"
    await redis.aclose()


async def test_a_redirection_without_a_host_is_to_the_host_that_sent_it(world: _World) -> None:
    world.old.script = b"-ASK 0 :%d\r\n" % world.new.port
    redis = connect(world.url)

    await Log(redis, "shop/orders").fence(1)

    assert world.new.sent == [b"ASKING", b"EVALSHA"]
    await redis.aclose()


async def test_a_slot_that_nobody_serves_is_an_unavailable_store(world: _World) -> None:
    world.old.slots = world.new.slots = b"*0\r\n"
    redis = connect(world.url)

    with pytest.raises(StoreUnavailableError, match="no node serves slot"):
        await Log(redis, "shop/orders").fence(1)
    await redis.aclose()


async def test_redirections_without_end_end_with_their_time(world: _World) -> None:
    world.old.script = b"-ASK 0 127.0.0.1:%d\r\n" % world.new.port
    world.new.script = b"-TRYAGAIN Multiple keys request during rehashing of slot\r\n"
    redis = connect(world.url, timeout_s=0.3)

    with pytest.raises(StoreUnavailableError, match=r"no answer within 0\.3 s"):
        await Log(redis, "shop/orders").fence(1)
    assert world.old.calls < 50, "it does not spin"
    await redis.aclose()


async def test_a_server_that_is_no_node_is_a_configuration_error(world: _World) -> None:
    world.old.slots = world.new.slots = b"-ERR This instance has cluster support disabled\r\n"
    redis = connect(world.url)

    with pytest.raises(ConfigurationError, match="is no node of a cluster; use redis://"):
        await Log(redis, "shop/orders").fence(1)
    await redis.aclose()


async def test_nodes_that_do_not_answer_are_an_unavailable_store() -> None:
    redis = connect("redis+cluster://127.0.0.1:1,127.0.0.1:2")

    with pytest.raises(StoreUnavailableError, match="no node of the cluster answers"):
        await Log(redis, "shop/orders").fence(1)
    await redis.aclose()

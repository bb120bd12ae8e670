"""The store's errors, as Poplin's: what passes by itself, and what does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from poplin.errors import StoreUnavailableError
from poplin.log import Log
from poplin.store import (
    connect,
)
from tests.resp import CLOSE, resp_server


@asynccontextmanager
async def _peer(answer: bytes) -> AsyncIterator[tuple[Redis, list[bytes]]]:
    """A client of a server that gives this answer to scripts; and the commands it was sent."""
    sent: list[bytes] = []

    def answered(words: list[bytes]) -> bytes:
        sent.append(words[0])
        return answer

    async with resp_server(answered) as port:
        redis = connect(f"redis://127.0.0.1:{port}", timeout_s=2.0)
        try:
            yield redis, sent
        finally:
            await redis.aclose()


@pytest.mark.parametrize(
    "reply",
    [
        "ASK 3999 127.0.0.1:6381",
        "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
        "CLUSTERDOWN The cluster is down",
        "ERR max number of clients reached",
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
        "MISCONF Errors writing to the AOF file: No space left on device",
        "MOVED 3999 127.0.0.1:6381",
        "NOREPLICAS Not enough good replicas to write.",
        "OOM command not allowed when used memory > 'maxmemory'.",
        "READONLY You can't write against a read only replica.",
        "TRYAGAIN Multiple keys request during rehashing of slot",
        "UNBLOCKED force unblock from blocking operation",
    ],
)
async def test_a_reply_that_means_not_now_is_an_unavailable_store(reply: str) -> None:
    async with _peer(f"-{reply}\r\n".encode()) as (redis, sent):
        with pytest.raises(StoreUnavailableError) as caught:
            await Log(redis, "shop/orders").fence(1)

    assert caught.value.__cause__ is not None
    assert len(sent) == 1


@pytest.mark.parametrize(
    "reply",
    [
        "ERR user_script:12: attempt to compare number with nil",
        "WRONGTYPE Operation against a key holding the wrong kind of value",
        "NOPERM this user has no permissions to run the 'evalsha' command",
        "CROSSSLOT Keys in request don't hash to the same slot",
        "BUSYKEY Target key name already exists.",
    ],
)
async def test_a_reply_that_means_a_mistake_is_not_hidden(reply: str) -> None:
    async with _peer(f"-{reply}\r\n".encode()) as (redis, _):
        with pytest.raises(ResponseError):
            await Log(redis, "shop/orders").fence(1)


@pytest.mark.parametrize("answer", [b"", CLOSE, b":1"], ids=["silent", "closes", "stops short"])
async def test_a_lost_answer_is_an_unavailable_store_and_nothing_is_sent_twice(
    answer: bytes,
) -> None:
    async with _peer(answer) as (redis, sent):
        with pytest.raises(StoreUnavailableError):
            await Log(redis, "shop/orders").append([])

    assert len(sent) == 1


async def test_a_primary_that_was_demoted_costs_its_connections() -> None:
    """Behind a name or a balancer, a new connection may reach the next primary."""
    connections: list[bytes] = []

    def answer(words: list[bytes]) -> bytes:
        if words[0] == b"AUTH":
            connections.append(words[1])
            return b"+OK\r\n"
        return b"-READONLY You can't write against a read only replica.\r\n"

    async with resp_server(answer) as port:
        redis = connect(f"redis://:secret@127.0.0.1:{port}")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                await Log(redis, "shop/orders").fence(1)
        await redis.aclose()

    assert len(connections) == 2


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1", "unix:///nowhere/store.sock"])
async def test_a_refused_connection_is_an_unavailable_store(url: str) -> None:
    redis = connect(url)

    with pytest.raises(StoreUnavailableError, match="does not answer"):
        await Log(redis, "shop/orders").position()
    await redis.aclose()

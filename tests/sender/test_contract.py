"""What a sender promises, whatever the server does: for ours and for a twin made with aiohttp."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from poplin.errors import BrokenAnswerError, ConnectError, SendError, SendTimeoutError
from poplin.sender import Answer, Limits, Sender, Target
from tests.sender.aiohttp_twin import AiohttpTwin
from tests.sender.hostile import Hostile, Wire, hostile

LIMITS = Limits(max_header_bytes=20_000, max_body_bytes=50_000)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class AnySender(Protocol):
    async def post(
        self, target: Target, headers: bytes, body: bytes, *, timeout_s: float
    ) -> Answer: ...

    async def close(self) -> None: ...


@pytest.fixture(params=[Sender, AiohttpTwin])
async def sender(request: pytest.FixtureRequest) -> AsyncIterator[AnySender]:
    each: AnySender = request.param(LIMITS)
    yield each
    await each.close()


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    async with hostile() as each:
        yield each


async def post(sender: AnySender, server: Hostile, *, timeout_s: float = 5.0) -> Answer:
    return await sender.post(Target.parse(server.url), b"x-a: b\r\n", b"body", timeout_s=timeout_s)


def says(answer: bytes) -> list:  # type: ignore[type-arg]
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(answer)

    return [act]


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (OK, 200, b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n", 304, b""),
        (b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil close", 200, b"until close"),
        (b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: r\r\n\r\n",
            200,
            b"abcde",
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nraw", 200, b"raw"),
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK,
            200,
            b"ok",
        ),
    ],
)
async def test_an_answer_is_read_as_it_is(
    sender: AnySender, server: Hostile, answer: bytes, status: int, body: bytes
) -> None:
    server.acts = says(answer)

    found = await post(sender, server)

    assert (found.status, found.body) == (status, body)


async def test_an_answer_in_single_bytes_is_the_same(sender: AnySender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.trickle(OK)

    server.acts = [act]

    assert (await post(sender, server)).body == b"ok"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n" + b"x" * 60_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 60_000,
        b"SSH-2.0-OpenSSH_9.2\r\n",
    ],
)
async def test_a_broken_answer_is_an_error(
    sender: AnySender, server: Hostile, answer: bytes
) -> None:
    server.acts = says(answer)

    with pytest.raises(BrokenAnswerError):
        await post(sender, server)


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"])
async def test_a_reset_is_an_error(sender: AnySender, server: Hostile, before: bytes) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        wire.reset()

    server.acts = [act]

    with pytest.raises(BrokenAnswerError):
        await post(sender, server)


@pytest.mark.parametrize(
    "before", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf"]
)
async def test_a_stall_ends_at_the_deadline(
    sender: AnySender, server: Hostile, before: bytes
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        await wire.hang()

    server.acts = [act]

    with pytest.raises(SendTimeoutError):
        await post(sender, server, timeout_s=0.2)


async def test_a_drip_ends_at_the_deadline(sender: AnySender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await wire.say(b"x")
            await asyncio.sleep(0.02)

    server.acts = [act]

    with pytest.raises(SendTimeoutError):
        await post(sender, server, timeout_s=0.3)


async def test_a_refused_connection_is_a_connect_error(sender: AnySender) -> None:
    async with hostile() as server:
        server.acts = says(OK)

    with pytest.raises(ConnectError):
        await post(sender, server)


async def test_a_name_that_does_not_resolve_is_a_connect_error(sender: AnySender) -> None:
    with pytest.raises(ConnectError):
        await sender.post(Target.parse("http://nowhere.invalid/"), b"", b"", timeout_s=5)


async def test_connections_are_kept(sender: AnySender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        while True:
            await wire.request()
            await wire.say(OK)

    server.acts = [act]

    for _ in range(5):
        await post(sender, server)

    assert server.connections == 1


@pytest.mark.parametrize("connection", [b"close", b"Close"])
async def test_a_server_that_closes_is_left(
    sender: AnySender, server: Hostile, connection: bytes
) -> None:
    server.acts = says(
        b"HTTP/1.1 200 OK\r\nconnection: " + connection + b"\r\ncontent-length: 2\r\n\r\nok"
    )

    await post(sender, server)
    await post(sender, server)

    assert server.connections == 2


async def test_many_at_once(sender: AnySender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        while True:
            body = await wire.request()
            await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    server.acts = [act]
    target = Target.parse(server.url)
    bodies = [b"%d" % number for number in range(200)]

    answers = await asyncio.gather(
        *(sender.post(target, b"", body, timeout_s=5) for body in bodies)
    )

    assert [answer.body for answer in answers] == bodies


async def test_a_cancelled_post_leaves_nothing_behind(sender: AnySender, server: Hostile) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def act(wire: Wire) -> None:
        await wire.request()
        asked.set()
        await wire.hang()
        gone.set()

    server.acts = [act]
    task = asyncio.create_task(post(sender, server))
    await asyncio.wait_for(asked.wait(), 5)
    task.cancel()

    await asyncio.wait({task})
    await asyncio.wait_for(gone.wait(), 5)
    assert task.cancelled()


def test_every_error_is_a_send_error() -> None:
    assert all(
        issubclass(each, SendError) for each in (BrokenAnswerError, ConnectError, SendTimeoutError)
    )

"""What is sent, and the answers that are whole."""

import asyncio

import pytest

from poplin.sender import Sender, Target
from tests.sender.helpers import AnySender, post
from tests.sender.hostile import CHUNKED, INTERIM, OK, Hostile, Wire, says


async def test_a_request_is_sent_as_it_is_given(sender: AnySender, server: Hostile) -> None:
    heads = []

    async def act(wire: Wire) -> None:
        heads.append(await wire.head())
        await wire.say(OK)

    server.acts = [act]
    target = Target.parse(server.url)

    await sender.post(target, b"ce-id: 1\r\nx-a: \xe4\r\n", b"data", timeout_s=5)

    lines = heads[0].split(b"\r\n")
    assert lines[0] == b"POST /path?token=secret HTTP/1.1"
    assert sorted(line.lower() for line in lines[1:]) == [
        b"", b"", b"ce-id: 1", b"content-length: 4", b"host: 127.0.0.1:%d" % target.port,
        b"x-a: \xe4" if isinstance(sender, Sender) else b"x-a: \xc3\xa4",  # aiohttp takes text
    ]  # fmt: skip


@pytest.mark.parametrize("size", [0, 1, 65_536, 65_537, 3_000_000])
async def test_a_body_of_any_size_arrives(sender: AnySender, server: Hostile, size: int) -> None:
    sizes = []

    async def act(wire: Wire) -> None:
        sizes.append(len(await wire.request()))
        await wire.say(OK)

    server.acts = [act]

    await post(sender, server, body=b"x" * size)

    assert sizes == [size]


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        pytest.param(OK, 200, b"ok", id="length"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", 204, b"", id="204"),
        pytest.param(b"HTTP/1.1 304 No\r\ncontent-length: 5\r\n\r\n", 304, b"", id="304"),
        pytest.param(
            b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n", 302, b"",
            id="redirect",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nall of it", 200, b"all of it", id="until close"),
        pytest.param(b"HTTP/1.0 200 OK\r\n\r\nold", 200, b"old", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n", 200, b"", id="no reason"),
        pytest.param(
            CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nt: r\r\n\r\n", 200, b"abcde", id="chunked"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nraw",
            200, b"raw", id="not unpacked",
        ),
        pytest.param(INTERIM + OK, 200, b"ok", id="interim"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nupgrade: h2c\r\nconnection: upgrade\r\n"
            b"content-length: 2\r\n\r\nok",
            200, b"ok", id="offered upgrade",
        ),
        pytest.param(OK + b"surplus", 200, b"ok", id="surplus"),
        pytest.param(OK + b"HTTP/1.1 500 No\r\ncontent-length: 1\r\n\r\nx", 200, b"ok", id="two"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok++",
            200, b"ok", id="surplus after close",
        ),
    ],
)  # fmt: skip
async def test_an_answer_is_read_as_it_is(
    sender: AnySender, server: Hostile, answer: bytes, status: int, body: bytes
) -> None:
    server.acts = [says(answer)]

    found = await post(sender, server)

    assert (found.status, found.body) == (status, body)


async def test_headers_come_lower_case_in_order_and_trimmed(
    sender: AnySender, server: Hostile
) -> None:
    head = b"X-B: 1\r\nx-a:  two words \t\r\nx-b: 3\r\nX-Empty:\r\ncontent-length: 0\r\n"
    server.acts = [says(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")]

    found = await post(sender, server)

    assert found.headers == [
        (b"x-b", b"1"), (b"x-a", b"two words"), (b"x-b", b"3"), (b"x-empty", b""),
        (b"content-length", b"0"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [OK, INTERIM + CHUNKED + b"2;e=f\r\nok\r\n0\r\nt: r\r\n\r\n"],
    ids=["length", "chunks"],
)
async def test_an_answer_in_single_bytes_is_the_same(
    sender: AnySender, server: Hostile, answer: bytes
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.trickle(answer)

    server.acts = [act]

    assert (await post(sender, server)).body == b"ok"


@pytest.mark.parametrize("then", ["hang", "close", "reset"])
async def test_an_answer_before_the_request_is_out_is_the_answer(
    sender: AnySender, server: Hostile, then: str
) -> None:
    seen = asyncio.Event()

    async def refuses(wire: Wire) -> None:
        await wire.head()
        await wire.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno")
        if then == "hang":
            await seen.wait()
        elif then == "reset":
            wire.reset()

    server.acts = [refuses, says(OK)]

    first = await post(sender, server, body=b"x" * 20_000_000)
    seen.set()
    second = await post(sender, server)

    assert (first.status, first.body, second.body) == (413, b"no", b"ok")

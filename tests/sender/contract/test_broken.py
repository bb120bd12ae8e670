"""Answers that are broken, or have no end."""

import pytest

from poplin.errors import BrokenAnswerError, ConnectError, SendError, SendTimeoutError
from tests.sender.helpers import AnySender, broken
from tests.sender.hostile import CHUNKED, HALF, INTERIM, OK, Hostile, Wire, says


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-le", id="half a head"),
        pytest.param(HALF, id="half a body"),
        pytest.param(CHUNKED + b"5\r\nab", id="half a chunk"),
        pytest.param(CHUNKED + b"2\r\nab\r\n", id="no last chunk"),
        pytest.param(CHUNKED + b"zz\r\nab\r\n0\r\n\r\n", id="chunk garbage"),
        pytest.param(CHUNKED + b"2\r\nabc\r\n0\r\n\r\n", id="chunk too long"),
        pytest.param(CHUNKED + b"ffffffffffffffffff\r\nab", id="chunk of 2**72"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
            id="differing lengths",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
            id="length and chunked",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n", id="negative length"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nab", id="unknown encoding"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n", id="huge header"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 101 + b"\r\n", id="many headers"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n" + (b"x: " + b"y" * 999 + b"\r\n") * 25 + b"\r\n",
            id="large headers",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n" + b"x" * 60_000, id="large body"
        ),
        pytest.param(
            CHUNKED + b"ea60\r\n" + b"x" * 60_000 + b"\r\n0\r\n\r\n", id="large chunked body"
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 60_000, id="large until close"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n", id="not HTTP"),
        pytest.param(b"\x00\xff\r\n\r\n", id="binary"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02F", id="TLS alert"),
        pytest.param(b"HTTP/1.1 099 No\r\ncontent-length: 0\r\n\r\n", id="status 99"),
        pytest.param(b"HTTP/1.1 2000 No\r\ncontent-length: 0\r\n\r\n", id="status 2000"),
        pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", id="no colon"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 0\r\n\r\n", id="folded"),
        pytest.param(b"HTTP/1.1 101 Go\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n", id="upgrade"),
        pytest.param(b"HTTP/1.1 101 Go\r\n\r\n" + OK, id="bare 101"),
        pytest.param(INTERIM * 20 + OK, id="many interim"),
        pytest.param(INTERIM, id="interim only"),
    ],
)
async def test_a_broken_answer_is_an_error_that_names_the_origin(
    sender: AnySender, server: Hostile, answer: bytes
) -> None:
    server.acts = [says(answer)]

    text = await broken(sender, server)

    assert "127.0.0.1" in text
    assert "secret" not in text


@pytest.mark.parametrize("before", [b"", HALF], ids=["before", "within"])
async def test_a_reset_is_an_error(sender: AnySender, server: Hostile, before: bytes) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        wire.reset()

    server.acts = [act]

    await broken(sender, server)


@pytest.mark.parametrize(
    ("before", "endless"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 10_000, id="body"),
        pytest.param(CHUNKED, b"3e8\r\n" + b"x" * 1000 + b"\r\n", id="chunks"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n" * 100, id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx: ", b"y" * 10_000, id="header line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nx", b"y" * 10_000, id="header name"),
        pytest.param(b"HTTP/1.1 200 O", b"K" * 10_000, id="reason"),
        pytest.param(CHUNKED + b"1;", b"x" * 10_000, id="chunk extension"),
        pytest.param(CHUNKED + b"0\r\n", b"x: y\r\n" * 100, id="trailers"),
        pytest.param(CHUNKED + b"0\r\nx: ", b"y" * 10_000, id="trailer line"),
        pytest.param(b"", INTERIM, id="interim"),
    ],
)
async def test_an_endless_answer_is_cut_long_before_the_deadline(
    sender: AnySender, server: Hostile, before: bytes, endless: bytes
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        await wire.repeat(endless)

    server.acts = [act]

    await broken(sender, server, timeout_s=1.5)

    await server.all_left()


def test_every_error_is_a_send_error() -> None:
    assert all(
        issubclass(each, SendError) for each in (BrokenAnswerError, ConnectError, SendTimeoutError)
    )

"""Connections of those who send webhooks: odd requests, and clients that never end."""

import asyncio
import socket
from contextlib import suppress
from functools import partial

import pytest

from sources.webhooks import connection
from sources.webhooks.hook import Taker
from tests.fabric import Subscriber
from tests.sources.stage import Stage, sent
from tests.waiting import until

BODY = b'{"id": "1"}'


async def test_a_trailer_is_no_header(receiver: Stage) -> None:
    """A proxy that sets or takes away headers sees none of what follows the body."""
    answer = await sent(
        receiver.url,
        b"POST /default/shop HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
        b'transfer-encoding: chunked\r\n\r\nb\r\n{"id": "1"}\r\n0\r\nx-token: good\r\n\r\n',
    )

    assert answer.startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize("protocol", [b"h2c", b"websocket"])
async def test_who_would_rather_speak_another_protocol_is_served(
    receiver: Stage, sink: Subscriber, protocol: bytes
) -> None:
    """With its body, the first bytes of which come with the head: Java's client offers h2c so."""
    answer = await sent(
        receiver.url,
        b"POST /default/shop HTTP/1.1\r\nhost: x\r\nx-token: good\r\nconnection: Upgrade, close\r\n"
        b'upgrade: %b\r\ncontent-length: 11\r\n\r\n{"id": "1"}' % protocol,
    )

    assert answer.startswith(b"HTTP/1.1 202 ")
    assert [each.data for each in sink.received] == [BODY]


async def test_a_tunnel_is_refused(receiver: Stage) -> None:
    head = b"CONNECT /default/shop HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, close\r\nupgrade: x\r\n\r\n"

    assert (await sent(receiver.url, head)).startswith(b"HTTP/1.1 405 ")


AMBIGUOUS = [
    b"content-length: 11\r\ncontent-length: 5\r\n",
    b"content-length: 11\r\ncontent-length: 11\r\n",
    b"content-length: 11, 11\r\n",
    b"content-length: +11\r\n",
    b"content-length: 5\r\ntransfer-encoding: chunked\r\n",
    b"transfer-encoding: chunked\r\ncontent-length: 5\r\n",
    b"transfer-encoding: chunked, identity\r\n",
    b"transfer-encoding: xchunked\r\n",
]


@pytest.mark.parametrize("length", AMBIGUOUS)
async def test_a_body_whose_end_is_doubtful_is_refused(
    receiver: Stage, sink: Subscriber, length: bytes
) -> None:
    """Whatever stands before us may have read it in another way."""
    head = b"POST /default/shop HTTP/1.1\r\nhost: x\r\nx-token: good\r\n" + length + b"\r\n"

    answer = await sent(receiver.url, head + b'b\r\n{"id": "1"}\r\n0\r\n\r\n')

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in answer
    assert sink.received == []


async def test_a_head_that_does_not_end_is_not_waited_for(
    receiver: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_HEAD_S", 0.2)

    assert await sent(receiver.url, b"POST /default/shop HTTP/1.1\r\nhost: x\r\n") == b""


async def test_a_second_head_that_does_not_end_is_not_waited_for_either(
    receiver: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_HEAD_S", 0.2)
    first = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"
    host, _, port = receiver.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(first)
    await reader.readuntil(b'"ok"}')

    writer.write(b"\r\nPOST")
    async with asyncio.timeout(4):  # an idle connection is left alone for 5 s
        rest = await reader.read()
    writer.close()

    assert rest == b""


@pytest.mark.parametrize(
    "data",
    [b"GET /" + b"a" * 200_000, b"GET /livez HTTP/1.1\r\nx: " + b"a" * 200_000],
    ids=["target", "header"],
)
async def test_a_head_without_end_is_cut_off(receiver: Stage, data: bytes) -> None:
    assert await sent(receiver.url, data, within_s=5) == b""  # sooner than for being slow


async def test_who_sends_on_and_on_without_waiting_for_answers_is_cut_off(
    receiver: Stage,
) -> None:
    """Each request that waits for its turn takes many times the memory of its bytes."""
    flood = b"GET /livez HTTP/1.1\r\n\r\n" * 10_000

    assert (await sent(receiver.url, flood, within_s=4)).count(b"HTTP/1.1 200") < 10_000


async def test_who_reads_no_answers_is_not_waited_for(
    receiver: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sends no more at once than may wait, so that it is not cut off for that."""
    monkeypatch.setattr(connection, "_HEAD_S", 0.2)
    taken: list[str] = []
    find = receiver.sources.at

    def at(path: str) -> Taker | None:
        taken.append(path)
        return find(path)

    monkeypatch.setattr(receiver.sources, "at", at)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        host, _, port = receiver.url.removeprefix("http://").partition(":")
        client.connect((host, int(port)))
        with pytest.raises(ConnectionError):
            await _ask_on_and_on(client, taken)


async def _ask_on_and_on(client: socket.socket, taken: list[str]) -> None:
    for count in range(16, 100_000, 16):
        client.send(b"GET /default/shop HTTP/1.1\r\n\r\n" * 16)
        with suppress(TimeoutError):
            await until(partial(_has, taken, count), within_s=0.3)


def _has(found: list[str], count: int) -> bool:
    return len(found) >= count


async def test_nor_is_who_asks_for_more_meanwhile(
    receiver: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_HEAD_S", 0.2)
    made = connection.Connection.connection_made

    def made_full(self: connection.Connection, transport: asyncio.Transport) -> None:
        made(self, transport)
        self.pause_writing()

    monkeypatch.setattr(connection.Connection, "connection_made", made_full)

    assert await sent(receiver.url, b"GET /livez HTTP/1.1\r\n\r\n", within_s=4) == b""

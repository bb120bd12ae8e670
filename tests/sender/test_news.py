"""What a peer does while its connection is idle, seen before the loop has had a turn."""

import asyncio
import socket

import pytest

from poplin.sender import Answer, Limits, Sender, Target
from tests.sender.hostile import OK

SECOND = b"HTTP/1.1 201 Made\r\ncontent-length: 0\r\n\r\n"


async def _answered(listener: socket.socket, answer: bytes) -> socket.socket:
    """Take a connection, read its request and answer."""
    loop = asyncio.get_running_loop()
    peer, _ = await loop.sock_accept(listener)
    await loop.sock_recv(peer, 1000)
    await loop.sock_sendall(peer, answer)
    return peer


@pytest.mark.parametrize("last_words", [b"", OK], ids=["close", "unasked answer"])
async def test_a_connection_with_news_is_not_used_again(last_words: bytes) -> None:
    sender = Sender(Limits(stale_after_s=60))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        target = Target.parse(f"http://127.0.0.1:{listener.getsockname()[1]}/")

        async def post() -> Answer:
            return await sender.post(target, b"", b"", timeout_s=5)

        _, first = await asyncio.gather(post(), _answered(listener, OK))
        first.setblocking(True)
        first.sendall(last_words)
        first.close()

        # The first of the two begins, and takes a connection, before the loop reads anything.
        second = asyncio.create_task(_answered(listener, SECOND))
        answer = await post()

        (await second).close()
        await sender.close()
    assert answer.status == 201

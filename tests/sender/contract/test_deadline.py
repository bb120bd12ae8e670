"""Servers that take their time."""

import asyncio

import pytest

from poplin.errors import SendTimeoutError
from tests.sender.helpers import AnySender, post
from tests.sender.hostile import CHUNKED, HALF, INTERIM, Hostile, Wire


@pytest.mark.parametrize(
    "before", [b"", b"HTTP/1.1 200 OK\r\n", HALF, CHUNKED, INTERIM],
    ids=["before", "in head", "in body", "in chunks", "after interim"],
)  # fmt: skip
async def test_a_stall_ends_at_the_deadline(
    sender: AnySender, server: Hostile, before: bytes
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        await wire.hang()

    server.acts = [act]

    with pytest.raises(SendTimeoutError):
        await post(sender, server, timeout_s=0.15)

    await server.all_left()


@pytest.mark.parametrize(
    ("before", "drop"),
    [(b"HTTP/1.1 200 OK\r\n\r\n", b"x"), (b"HTTP/1.1 200 OK\r\nx: ", b"y"), (b"", INTERIM[:25])],
    ids=["body", "header", "interim"],
)
async def test_a_drip_ends_at_the_deadline(
    sender: AnySender, server: Hostile, before: bytes, drop: bytes
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(before)
        while True:
            await wire.say(drop)
            await asyncio.sleep(0.03)

    server.acts = [act]

    with pytest.raises(SendTimeoutError):
        await post(sender, server, timeout_s=0.2)


async def test_a_server_that_reads_nothing_ends_at_the_deadline(
    sender: AnySender, server: Hostile
) -> None:
    leave = asyncio.Event()

    async def act(_wire: Wire) -> None:
        await leave.wait()

    server.acts = [act]

    with pytest.raises(SendTimeoutError):
        await post(sender, server, body=b"x" * 20_000_000, timeout_s=0.2)
    leave.set()

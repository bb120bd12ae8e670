"""How connections come to be, are kept and end."""

import asyncio

import pytest

from poplin.errors import ConnectError
from poplin.sender import Answer, Target
from tests.sender.helpers import AnySender, broken, post
from tests.sender.hostile import (
    CHUNKED,
    INTERIM,
    OK,
    Hostile,
    Wire,
    answers,
    answers_once,
    echoes,
    hostile,
    says,
)


async def test_a_refused_connection_is_a_connect_error(sender: AnySender) -> None:
    async with hostile() as server:
        server.acts = [says(OK)]

    with pytest.raises(ConnectError, match=r"127\.0\.0\.1"):
        await post(sender, server)


async def test_a_name_that_does_not_resolve_is_a_connect_error(sender: AnySender) -> None:
    with pytest.raises(ConnectError, match=r"nowhere\.invalid"):
        await sender.post(Target.parse("http://nowhere.invalid/"), b"", b"", timeout_s=5)


async def test_https_is_spoken_to_a_trusted_server(sender: AnySender, tls_server: Hostile) -> None:
    tls_server.acts = [answers()]

    answer = await post(sender, tls_server, body=b"x" * 300_000)
    again = await post(sender, tls_server)

    assert (answer.body, again.body, tls_server.connections) == (b"ok", b"ok", 1)


async def test_https_answers_may_end_with_the_connection(
    sender: AnySender, tls_server: Hostile
) -> None:
    tls_server.acts = [says(b"HTTP/1.1 200 OK\r\n\r\nall of it")]

    assert (await post(sender, tls_server)).body == b"all of it"


async def test_a_certificate_for_another_name_is_a_connect_error(
    sender: AnySender, tls_server: Hostile
) -> None:
    tls_server.acts = [answers()]
    tls_server.url = tls_server.url.replace("localhost", "127.0.0.1")

    with pytest.raises(ConnectError):
        await post(sender, tls_server)


async def test_https_to_a_server_that_speaks_http_is_a_connect_error(
    sender: AnySender, server: Hostile
) -> None:
    async def act(wire: Wire) -> None:
        await wire.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    server.acts = [act]
    server.url = server.url.replace("http:", "https:")

    with pytest.raises(ConnectError):
        await post(sender, server)


async def test_connections_are_kept(sender: AnySender, server: Hostile) -> None:
    server.acts = [answers()]

    for _ in range(5):
        await post(sender, server)

    assert server.connections == 1


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nt: r\r\nu: v\r\n\r\n", id="trailers"),
        pytest.param(INTERIM + OK, id="interim"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", id="204"),
        pytest.param(b"HTTP/1.1 500 No\r\ncontent-length: 3\r\n\r\nbad", id="error"),
    ],
)
async def test_one_answer_leaves_no_trace_in_the_next(
    sender: AnySender, server: Hostile, first: bytes
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(first)
        await answers()(wire)

    server.acts = [act]

    await post(sender, server)
    second = await post(sender, server)

    assert second == Answer(200, [(b"content-length", b"2")], b"ok")
    assert server.connections == 1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nConnection: Close\r\ncontent-length: 2\r\n\r\nok", id="close"
        ),
        pytest.param(b"HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok", id="HTTP/1.0"),
        pytest.param(OK + OK, id="surplus answer"),
        pytest.param(OK + b"surplus", id="surplus bytes"),
    ],
)
async def test_a_connection_that_is_not_clean_is_left(
    sender: AnySender, server: Hostile, answer: bytes
) -> None:
    server.acts = [answers(answer)]

    await post(sender, server)
    await post(sender, server)

    await server.all_left()
    assert server.connections == 2


async def test_many_at_once(sender: AnySender, server: Hostile) -> None:
    server.acts = [echoes]
    target = Target.parse(server.url)
    bodies = [b"%d" % number for number in range(100)]

    found = await asyncio.gather(*(sender.post(target, b"", body, timeout_s=5) for body in bodies))

    assert [answer.body for answer in found] == bodies


@pytest.mark.parametrize("resets", [False, True], ids=["close", "reset"])
async def test_a_connection_that_went_stale_costs_no_attempt(
    sender: AnySender, server: Hostile, *, resets: bool
) -> None:
    server.acts = [answers_once(resets=resets), says(OK)]

    first, second = await post(sender, server), await post(sender, server)

    assert (first.body, second.body, server.connections) == (b"ok", b"ok", 2)


async def test_a_fresh_connection_that_ends_is_not_tried_again(
    sender: AnySender, server: Hostile
) -> None:
    server.acts = [says(b"")]

    await broken(sender, server)

    assert server.connections == 1


async def test_a_cancelled_post_leaves_nothing_behind(sender: AnySender, server: Hostile) -> None:
    asked = asyncio.Event()

    async def act(wire: Wire) -> None:
        await wire.request()
        asked.set()
        await wire.hang()

    server.acts = [act]
    task = asyncio.create_task(post(sender, server))
    await asyncio.wait_for(asked.wait(), 5)
    task.cancel()
    await asyncio.wait({task})

    await server.all_left()
    assert task.cancelled()


async def test_closing_twice_ends_every_connection(sender: AnySender, server: Hostile) -> None:
    server.acts = [echoes]
    await asyncio.gather(*(post(sender, server) for _ in range(3)))

    await sender.close()
    await sender.close()

    await server.all_left()

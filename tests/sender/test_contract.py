"""What a sender promises, whatever the server does: for ours and for a twin made with aiohttp."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from poplin.errors import BrokenAnswerError, ConnectError, SendError, SendTimeoutError
from poplin.sender import Answer, Limits, Sender, Target
from tests.sender.aiohttp_twin import DIFFERENCES, AiohttpTwin
from tests.sender.conftest import Certificate
from tests.sender.helpers import AnySender, broken, post
from tests.sender.hostile import OK, Hostile, Wire, answers, echoes, hostile, says

LIMITS = Limits(
    max_header_bytes=20_000, max_header_count=100, max_body_bytes=50_000, stale_after_s=0
)
HALF = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf"
CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"


@pytest.fixture(params=[Sender, AiohttpTwin])
async def sender(
    request: pytest.FixtureRequest, certificate: Certificate
) -> AsyncIterator[AnySender]:
    name, _, case = request.node.name.removesuffix("]").partition("[")
    why = DIFFERENCES.get((name, case.rpartition("AiohttpTwin-")[2]))
    if request.param is AiohttpTwin and why is not None:
        request.applymarker(pytest.mark.xfail(reason=f"aiohttp: {why}", strict=True))
    each: AnySender = request.param(LIMITS, ssl_context=certificate.trusted())
    yield each
    await each.close()


# What is sent


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


# Answers


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


# Broken answers


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


# Time


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


# Connecting


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


# Connections


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


@pytest.mark.parametrize("reset", [False, True], ids=["close", "reset"])
async def test_a_connection_that_went_stale_costs_no_attempt(
    sender: AnySender, server: Hostile, *, reset: bool
) -> None:
    async def answers_once(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()
        if reset:
            wire.reset()

    server.acts = [answers_once, says(OK)]

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


def test_every_error_is_a_send_error() -> None:
    assert all(
        issubclass(each, SendError) for each in (BrokenAnswerError, ConnectError, SendTimeoutError)
    )

"""What is the sender's own: targets, the pool, the second sending, time, and translation."""

import asyncio
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator

import httptools
import pytest

from poplin.errors import (
    BrokenAnswerError,
    ConfigurationError,
    ConnectError,
    SendError,
    SendTimeoutError,
)
from poplin.sender import Limits, Sender, Target
from poplin.sender.pool import Pool
from tests.sender.conftest import Certificate
from tests.sender.hostile import OK, Act, Hostile, Wire, answers, echoes, hostile, says
from tests.sender.test_contract import broken, post


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    each = Sender(Limits(keep_alive_s=60, stale_after_s=0))
    yield each
    await asyncio.wait_for(each.close(), 5)


@pytest.fixture
async def single() -> AsyncIterator[Sender]:
    """A sender that may hold one connection."""
    each = Sender(Limits(keep_alive_s=60, stale_after_s=0, max_connections_per_origin=1))
    yield each
    await asyncio.wait_for(each.close(), 5)


async def hangs(wire: Wire) -> None:
    await wire.request()
    await wire.hang()


class Gate:
    """An act that answers when it is let; `asked` says that a request is there."""

    def __init__(self, answer: bytes = OK) -> None:
        self._answer = answer
        self.asked = asyncio.Event()
        self.opened = asyncio.Event()

    async def __call__(self, wire: Wire) -> None:
        while True:
            await wire.request()
            self.asked.set()
            await self.opened.wait()
            await wire.say(self._answer)


# Targets


@pytest.mark.parametrize(
    ("url", "origin", "head"),
    [
        ("http://h", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("http://h?a=b", ("http", "h", 80), b"POST /?a=b HTTP/1.1\r\nhost: h\r\n"),
        ("http://h:8080/a?b=c#d", ("http", "h", 8080), b"POST /a?b=c HTTP/1.1\r\nhost: h:8080\r\n"),
        ("http://h/#?x@y", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("https://H/%20", ("https", "h", 443), b"POST /%20 HTTP/1.1\r\nhost: H\r\n"),
        ("HTTP://h:/", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("https://h:443//a;b", ("https", "h", 443), b"POST //a;b HTTP/1.1\r\nhost: h:443\r\n"),
        ("http://[::1]:81/", ("http", "::1", 81), b"POST / HTTP/1.1\r\nhost: [::1]:81\r\n"),
        ("https://[FE80::A]", ("https", "fe80::a", 443), b"POST / HTTP/1.1\r\nhost: [FE80::A]\r\n"),
        ("http://10.0.0.1/", ("http", "10.0.0.1", 80), b"POST / HTTP/1.1\r\nhost: 10.0.0.1\r\n"),
        ("http://a_b.c.:1/", ("http", "a_b.c.", 1), b"POST / HTTP/1.1\r\nhost: a_b.c.:1\r\n"),
    ],
)
def test_a_target_is_taken_apart(url: str, origin: tuple[str, str, int], head: bytes) -> None:
    target = Target.parse(url)

    assert (target.url, target.origin, target.request_head) == (url, origin, head)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "visible ASCII"),
        ("/x", "begin with http"),
        ("h/x", "begin with http"),
        ("ftp://h/", "begin with http"),
        ("http:/h", "begin with http"),
        ("http://", "host name"),
        ("http:///x", "host name"),
        ("http://h/a b", "visible ASCII"),
        ("http://h/\r\nx: y", "visible ASCII"),
        ("http://h/\n", "visible ASCII"),
        ("http://h/\x7f", "visible ASCII"),
        ("http://ü/", "visible ASCII"),
        ("http://h:x/", "port"),
        ("http://h:0/", "1 to 65535"),
        ("http://h:65536/", "1 to 65535"),
        ("http://h:123456/", "port"),
        ("http://h\\x/", "host name"),
        ("http://a..b/", "labels"),
        ("http://.a/", "labels"),
        ("http://" + "a" * 64 + "/", "labels"),
        ("http://" + "a." * 127 + "/", "labels"),
        ("http://[::1/", "host name"),
        ("http://::1/", "host name"),
        ("http://[1.2.3.4]/", "address"),
        ("http://[fe80::1%25eth0]/", "host name"),
    ],
)
def test_a_bad_target_is_refused_by_name(url: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as caught:
        Target.parse(url)

    assert repr(url[:40])[1:-1] in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["http://u:pass@h/", "http://u:pa ss@h/", "http://u:pass/w@h/", "ftp://u:pass@h", "u:pass@h"],
)
def test_credentials_are_refused_and_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Target.parse(url)

    assert "pa" not in str(caught.value).replace("path", "")
    assert "…@h" in str(caught.value)


def test_who_gives_credentials_is_told_so() -> None:
    with pytest.raises(ConfigurationError, match="credentials in a URL are not allowed"):
        Target.parse("http://u:pass@h/")


# The pool


async def test_the_connection_used_last_is_used_first(sender: Sender, server: Hostile) -> None:
    first, second = Gate(b"HTTP/1.1 201 A\r\ncontent-length: 0\r\n\r\n"), Gate()
    server.acts = [first, second]
    one = asyncio.create_task(post(sender, server))
    await first.asked.wait()
    two = asyncio.create_task(post(sender, server))
    await second.asked.wait()
    second.opened.set()
    await two
    first.opened.set()
    await one

    answer = await post(sender, server)

    assert (answer.status, server.connections) == (201, 2)


async def test_origins_share_nothing(sender: Sender, server: Hostile) -> None:
    server.acts = [answers()]
    async with hostile() as other:
        other.acts = [answers()]

        for each in (server, other, server, other):
            await post(sender, each)

        assert (server.connections, other.connections) == (1, 1)


async def test_an_idle_connection_is_dropped_after_its_time(server: Hostile) -> None:
    sender = Sender(Limits(keep_alive_s=0.1))
    server.acts = [answers()]

    await post(sender, server)

    await server.all_left()
    assert sender._pools == {}


async def test_keep_alive_does_not_cut_a_slow_answer(server: Hostile) -> None:
    sender = Sender(Limits(keep_alive_s=0.05))

    async def act(wire: Wire) -> None:
        await wire.request()
        await asyncio.sleep(0.2)
        await wire.say(OK)

    server.acts = [act]

    assert (await post(sender, server, timeout_s=50)).body == b"ok"
    await sender.close()


async def test_keep_alive_ends_in_time_after_a_slow_answer(server: Hostile) -> None:
    sender = Sender(Limits(keep_alive_s=0.05))

    async def act(wire: Wire) -> None:
        await wire.request()
        await asyncio.sleep(0.2)
        await wire.say(OK)
        await wire.hang()

    server.acts = [act]

    await post(sender, server, timeout_s=50)

    await server.all_left()


async def test_a_request_that_is_not_out_ends_the_connection(
    sender: Sender, server: Hostile
) -> None:
    async def refuses(wire: Wire) -> None:
        await wire.head()
        await wire.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n")
        await wire.hang()

    server.acts = [refuses]

    answer = await post(sender, server, body=b"x" * 20_000_000)

    assert answer.status == 413
    await server.all_left()


async def test_a_short_deadline_holds_after_a_long_one(sender: Sender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await hangs(wire)

    server.acts = [act]
    await post(sender, server, timeout_s=50)

    with pytest.raises(SendTimeoutError, match=r"was not done in 0\.1 s"):
        await asyncio.wait_for(post(sender, server, timeout_s=0.1), 5)


async def test_unasked_bytes_end_an_idle_connection(sender: Sender, server: Hostile) -> None:
    speak = asyncio.Event()

    async def speaks_up(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await speak.wait()
        await wire.say(OK)
        await wire.hang()

    server.acts = [speaks_up, answers()]
    await post(sender, server)
    speak.set()
    await server.all_left()

    await post(sender, server)

    assert server.connections == 2


async def test_no_more_connections_than_allowed(server: Hostile) -> None:
    sender = Sender(Limits(max_connections_per_origin=3))
    server.acts = [echoes]
    target = Target.parse(server.url)
    bodies = [b"%d" % number for number in range(50)]

    found = await asyncio.gather(*(sender.post(target, b"", body, timeout_s=5) for body in bodies))

    assert [answer.body for answer in found] == bodies
    assert server.connections == 3
    await sender.close()


async def test_who_waits_gets_the_place_of_a_lost_connection(
    single: Sender, server: Hostile
) -> None:
    server.acts = [says(b""), says(b"garbage"), says(OK)]

    found = await asyncio.gather(*(post(single, server) for _ in range(3)), return_exceptions=True)

    assert [type(each).__name__ for each in found] == ["BrokenAnswerError"] * 2 + ["Answer"]
    assert server.connections == 3


async def test_who_waits_gets_the_place_of_a_failed_connect(single: Sender) -> None:
    target = Target.parse("http://nowhere.invalid/")

    found = await asyncio.gather(
        *(single.post(target, b"", b"", timeout_s=5) for _ in range(3)), return_exceptions=True
    )

    assert [type(each) for each in found] == [ConnectError] * 3
    assert single._pools == {}


async def test_waiting_for_a_place_ends_at_the_deadline(single: Sender, server: Hostile) -> None:
    gate = Gate()
    server.acts = [gate]
    first = asyncio.create_task(post(single, server))
    await gate.asked.wait()

    with pytest.raises(SendTimeoutError, match="nothing sent, all 1 connections were busy"):
        await post(single, server, timeout_s=0.1)

    gate.opened.set()
    await first
    await post(single, server)
    assert server.connections == 1


async def test_who_stops_waiting_hands_on_what_came_in_the_same_moment(
    single: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(single, server)
    target = Target.parse(server.url)
    pool = single._pools[target.origin]
    connection = pool.take_idle()
    assert connection is not None
    leaves, stays = (asyncio.create_task(post(single, server)) for _ in range(2))
    await asyncio.sleep(0)
    pool.give_back(connection)
    leaves.cancel()

    answer = await stays

    assert (answer.body, server.connections) == (b"ok", 1)
    await asyncio.wait({leaves})
    assert leaves.cancelled()


async def test_a_connection_that_ends_while_it_is_handed_over_is_replaced(
    single: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(single, server)
    pool = single._pools[Target.parse(server.url).origin]
    connection = pool.take_idle()
    assert connection is not None
    waits = asyncio.create_task(post(single, server))
    await asyncio.sleep(0)
    pool.give_back(connection)
    connection.close()

    answer = await waits

    assert (answer.body, server.connections) == (b"ok", 2)


async def test_a_connection_that_has_just_been_dropped_is_passed_over(
    sender: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(sender, server)
    pool = sender._pools[Target.parse(server.url).origin]
    pool._idle[0].close()

    assert pool.take_idle() is None


async def test_a_lost_connection_is_not_kept_in_mind(sender: Sender, server: Hostile) -> None:
    gates = [Gate(), Gate()]
    server.acts = [*gates]
    sends = [asyncio.create_task(post(sender, server)) for _ in gates]
    for gate in gates:
        await gate.asked.wait()
        gate.opened.set()
    await asyncio.gather(*sends)
    pool = sender._pools[Target.parse(server.url).origin]
    lost, stays = pool._idle
    lost.close()
    for _ in range(5):
        await asyncio.sleep(0)

    assert (pool._idle, pool._members) == ([stays], {stays})


async def test_who_sends_again_and_is_handed_a_used_connection_gets_a_new_one(
    single: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(single, server)
    pool = single._pools[Target.parse(server.url).origin]
    used = pool.take_idle()
    assert used is not None
    deadline = asyncio.get_running_loop().time() + 5
    again = asyncio.create_task(pool.take(5, deadline, fresh=True))
    after = asyncio.create_task(pool.take(5, deadline))
    await asyncio.sleep(0)
    pool.give_back(used)
    fresh = await again
    pool.give_back(fresh)

    assert fresh is not used
    assert await after is fresh
    pool.give_back(fresh)


async def test_a_place_that_is_abandoned_twice_is_lost_once(server: Hostile) -> None:
    emptied: list[Pool] = []
    pool = Pool(Target.parse(server.url), Limits(), None, emptied.append)
    place = pool._take_place()
    assert place is not None

    place.abandon()
    place.abandon()

    assert emptied == [pool]


async def test_an_answer_that_meets_a_cancelled_post_is_dropped(
    sender: Sender, server: Hostile
) -> None:
    server.acts = [answers()]
    await post(sender, server)
    connection = sender._pools[Target.parse(server.url).origin].take_idle()
    assert connection is not None
    answer = connection.send(b"", b"", 5, asyncio.get_running_loop().time() + 5)
    answer.cancel()

    connection.data_received(OK)

    assert answer.cancelled()


async def test_a_place_that_is_handed_to_one_who_left_is_free_again(
    single: Sender, server: Hostile
) -> None:
    server.acts = [says(b""), says(OK)]
    await broken(single, server)
    limits = Limits(max_connections_per_origin=1, stale_after_s=0)
    emptied: list[Pool] = []
    pool = Pool(Target.parse(server.url), limits, None, emptied.append)
    place = pool._take_place()
    assert place is not None
    deadline = asyncio.get_running_loop().time() + 5
    leaves = asyncio.create_task(pool.take(5, deadline))
    await asyncio.sleep(0)
    pool.give_back(place)
    leaves.cancel()
    await asyncio.wait({leaves})

    assert emptied == [pool]


# The second sending


@pytest.mark.parametrize("ending", [says(b""), says(b"HTTP/1.1 5")], ids=["close", "half"])
async def test_the_second_sending_is_the_last(sender: Sender, server: Hostile, ending: Act) -> None:
    async def answers_once(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()

    server.acts = [answers_once, ending, answers()]
    await post(sender, server)

    await broken(sender, server)

    assert server.connections == 2


async def test_a_connection_that_was_busy_a_moment_ago_is_not_stale(server: Hostile) -> None:
    async def answers_once(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()

    sender = Sender(Limits(stale_after_s=60))
    server.acts = [answers_once, answers()]
    await post(sender, server)

    await broken(sender, server)

    assert server.connections == 1
    await sender.close()


async def test_after_one_byte_nothing_is_sent_again(sender: Sender, server: Hostile) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()
        await wire.say(b"H")

    server.acts = [act, answers()]
    await post(sender, server)

    await broken(sender, server)

    assert server.connections == 1


async def test_the_second_sending_uses_no_other_kept_connection(
    sender: Sender, server: Hostile
) -> None:
    requests: list[bytes] = []

    async def answers_once(wire: Wire) -> None:
        requests.append(await wire.request())
        await wire.say(OK)
        requests.append(await wire.request())

    server.acts = [answers_once, answers_once, answers()]
    await asyncio.gather(post(sender, server), post(sender, server))

    answer = await post(sender, server)

    assert (answer.body, len(requests), server.connections) == (b"ok", 3, 3)


async def test_the_second_sending_finds_a_place_in_a_full_pool(server: Hostile) -> None:
    sender = Sender(Limits(max_connections_per_origin=2, stale_after_s=0))
    both = asyncio.Barrier(2)

    async def answers_once(wire: Wire) -> None:
        await wire.request()
        await both.wait()
        await wire.say(OK)
        await wire.request()

    server.acts = [answers_once, answers_once, answers()]
    await asyncio.gather(post(sender, server), post(sender, server))

    found = await asyncio.gather(*(post(sender, server) for _ in range(3)))

    assert [answer.body for answer in found] == [b"ok"] * 3
    await sender.close()


async def test_both_sendings_share_one_deadline(sender: Sender, server: Hostile) -> None:
    async def ends_late(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()
        await asyncio.sleep(0.4)

    server.acts = [ends_late, hangs]
    await post(sender, server)
    began = asyncio.get_running_loop().time()

    with pytest.raises(SendTimeoutError):
        await post(sender, server, timeout_s=0.6)

    assert asyncio.get_running_loop().time() - began < 0.9
    assert server.connections == 2


async def test_connecting_ends_at_the_deadline_of_the_attempt(server: Hostile) -> None:
    sender = Sender(Limits(connect_timeout_s=30))
    server.acts = [keeps_silent]
    target = Target.parse(server.url.replace("http:", "https:"))

    with pytest.raises(SendTimeoutError):
        await asyncio.wait_for(sender.post(target, b"", b"", timeout_s=0.1), 5)


# Cancelling and closing


async def test_a_cancelled_handshake_leaves_nothing_behind(sender: Sender, server: Hostile) -> None:
    connected = asyncio.Event()

    async def act(wire: Wire) -> None:
        connected.set()
        await wire.hang()

    server.acts = [act]
    target = Target.parse(server.url.replace("http:", "https:"))
    task = asyncio.create_task(sender.post(target, b"", b"", timeout_s=5))
    await connected.wait()
    task.cancel()
    await asyncio.wait({task})

    await server.all_left()
    assert task.cancelled()
    assert sender._pools == {}


async def test_closing_fails_those_who_send_wait_and_connect(
    single: Sender, server: Hostile
) -> None:
    gate = Gate()
    server.acts = [gate]
    sends = asyncio.create_task(post(single, server))
    await gate.asked.wait()
    waits = asyncio.create_task(post(single, server))
    async with hostile() as silent:
        connected = asyncio.Event()

        async def act(wire: Wire) -> None:
            connected.set()
            await wire.hang()

        silent.acts = [act]
        target = Target.parse(silent.url.replace("http:", "https:"))
        connects = asyncio.create_task(single.post(target, b"", b"", timeout_s=5))
        await connected.wait()

        await asyncio.wait_for(asyncio.gather(single.close(), single.close()), 1)

        await silent.all_left()
    found = await asyncio.gather(sends, waits, connects, return_exceptions=True)
    assert [type(each) for each in found] == [BrokenAnswerError, ConnectError, ConnectError]
    assert all("closed" in str(each) for each in found)
    assert single._pools == {}


@pytest.mark.parametrize("turns", range(12))
@pytest.mark.parametrize("timeout_s", [0, 50], ids=["late", "early"])
async def test_closing_at_any_turn_of_a_connect_leaves_nothing(
    sender: Sender, server: Hostile, timeout_s: float, turns: int
) -> None:
    async def act(wire: Wire) -> None:
        await wire.hang()

    server.acts = [act]
    sends = asyncio.create_task(post(sender, server, timeout_s=timeout_s))
    for _ in range(turns):
        await asyncio.sleep(0)

    await asyncio.wait_for(sender.close(), 5)

    with pytest.raises(SendError):
        await sends
    await server.all_left()
    assert sender._pools == {}


@pytest.mark.parametrize("turns", range(12))
async def test_cancelling_at_any_turn_leaves_nothing(
    sender: Sender, server: Hostile, turns: int
) -> None:
    async def act(wire: Wire) -> None:
        await wire.hang()

    server.acts = [act]
    sends = asyncio.create_task(post(sender, server))
    for _ in range(turns):
        await asyncio.sleep(0)
    sends.cancel()

    await asyncio.wait({sends})

    await server.all_left()
    await sender.close()
    assert sends.cancelled()
    assert sender._pools == {}


async def test_a_closed_sender_sends_nothing(sender: Sender, server: Hostile) -> None:
    server.acts = [answers()]
    await post(sender, server)
    await sender.close()

    assert sender._pools == {}
    with pytest.raises(ConnectError, match="closed"):
        await post(sender, server)

    assert server.connections == 1


async def test_who_sends_again_finds_the_sender_closed(sender: Sender, server: Hostile) -> None:
    """Closed between a stale connection and the second sending."""
    server.acts = [answers()]
    await post(sender, server)
    pool = sender._pools[Target.parse(server.url).origin]
    pool.close()

    with pytest.raises(ConnectError, match="closed"):
        await pool.take(5, asyncio.get_running_loop().time() + 5)


# https


async def test_the_server_is_told_the_name(certificate: Certificate) -> None:
    names = []
    served = certificate.served()
    served.sni_callback = lambda _socket, name, _context: names.append(name)
    sender = Sender(ssl_context=certificate.trusted())
    async with hostile(served) as server:
        server.acts = [answers()]

        await post(sender, server)

        await sender.close()
    assert names == ["localhost"]


async def test_without_a_context_the_systems_certificates_count(tls_server: Hostile) -> None:
    sender = Sender()
    tls_server.acts = [answers()]

    with pytest.raises(ConnectError, match="verif"):
        await post(sender, tls_server)

    await sender.close()


# Translation


async def resets(wire: Wire) -> None:
    await wire.request()
    await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha")
    wire.reset()


async def speaks_first(wire: Wire) -> None:
    await wire.say(b"220 mail.example.com ESMTP\r\n")
    await wire.hang()


async def keeps_silent(wire: Wire) -> None:
    await wire.hang()


LONG = Target("http://" + "a" * 64, "http", "a" * 64, 80, b"POST / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("scheme", "act", "target", "timeout_s", "raised", "cause"),
    [
        pytest.param("http", None, None, 5, ConnectError, ConnectionRefusedError, id="refused"),
        pytest.param("", None, Target.parse("http://nowhere.invalid"), 5, ConnectError,
                     socket.gaierror, id="name"),
        pytest.param("", None, LONG, 5, ConnectError, UnicodeError, id="unencodable name"),
        pytest.param("https", says(b""), None, 5, ConnectError, ssl.SSLCertVerificationError,
                     id="certificate"),
        pytest.param("mixed", speaks_first, None, 5, ConnectError, ssl.SSLError, id="no TLS"),
        pytest.param("mixed", keeps_silent, None, 5, ConnectError, TimeoutError, id="handshake"),
        pytest.param("mixed", keeps_silent, None, 0.1, SendTimeoutError, TimeoutError,
                     id="deadline in handshake"),
        pytest.param("http", hangs, None, 0.1, SendTimeoutError, type(None), id="deadline"),
        pytest.param("http", resets, None, 5, BrokenAnswerError, ConnectionResetError, id="reset"),
        pytest.param("http", says(b""), None, 5, BrokenAnswerError, type(None), id="closed"),
        pytest.param("http", says(b"junk"), None, 5, BrokenAnswerError, httptools.HttpParserError,
                     id="not HTTP"),
        pytest.param("http", says(OK.replace(b"200", b"101")), None, 5, BrokenAnswerError,
                     httptools.HttpParserError, id="refused by us"),
    ],
)  # fmt: skip
async def test_every_foreign_error_is_translated_and_kept_as_the_cause(
    request: pytest.FixtureRequest,
    certificate: Certificate,
    scheme: str,
    act: Act | None,
    target: Target | None,
    timeout_s: float,
    raised: type[SendError],
    cause: type[Exception],
) -> None:
    sender = Sender(Limits(connect_timeout_s=0.3))
    async with hostile(certificate.served() if scheme == "https" else None) as server:
        server.acts = [act or answers()]
        if scheme == "mixed":
            server.url = server.url.replace("http:", "https:")
        if request.node.callspec.id.endswith("-refused"):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                server.url = f"http://127.0.0.1:{free.getsockname()[1]}/?token=secret"
        target = target or Target.parse(server.url)

        with pytest.raises(raised) as caught:
            await sender.post(target, b"", b"confidential", timeout_s=timeout_s)

        await sender.close()
    assert type(caught.value) is raised
    assert isinstance(caught.value.__cause__, cause)
    text = str(caught.value)
    assert f"{target.scheme}://{target.host}:{target.port}" in text
    assert "secret" not in text
    assert "confidential" not in text


def test_the_core_of_the_sender_needs_no_aiohttp() -> None:
    code = "import sys, poplin.sender; sys.exit('aiohttp' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

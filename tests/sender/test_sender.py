"""What is the sender's own: targets, surplus bytes, interim answers without end, TLS."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from poplin.errors import BrokenAnswerError, ConfigurationError, ConnectError
from poplin.sender import Limits, Sender, Target
from tests.sender.hostile import Hostile, Wire, hostile
from tests.sender.test_contract import OK, post, says


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    async with hostile() as each:
        yield each


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    each = Sender(Limits(keep_alive_s=0.2))
    yield each
    await each.close()


@pytest.mark.parametrize(
    ("url", "origin", "head"),
    [
        ("http://h", ("http", "h", 80), b"POST / HTTP/1.1\r\nhost: h\r\n"),
        ("http://h:8080/a?b=c#d", ("http", "h", 8080), b"POST /a?b=c HTTP/1.1\r\nhost: h:8080\r\n"),
        ("https://H/%20", ("https", "h", 443), b"POST /%20 HTTP/1.1\r\nhost: H\r\n"),
        ("http://[::1]:81/", ("http", "::1", 81), b"POST / HTTP/1.1\r\nhost: [::1]:81\r\n"),
    ],
)
def test_a_target_is_taken_apart(url: str, origin: tuple[str, str, int], head: bytes) -> None:
    target = Target.parse(url)

    assert (target.origin, target.request_head) == (origin, head)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/x",
        "ftp://h/",
        "http://",
        "http://u:p@h/",
        "http://h/a b",
        "http://h/\r\nx",
        "http://h:x/",
        "http://ü/",
    ],
)
def test_a_bad_target_is_refused_without_its_credentials(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Target.parse(url)

    assert "u:p" not in str(caught.value)


async def test_a_connection_with_surplus_bytes_is_not_used_again(
    sender: Sender, server: Hostile
) -> None:
    server.acts = says(OK + OK)

    await post(sender, server)
    await post(sender, server)

    assert server.connections == 2


async def test_interim_answers_without_end_are_an_error(sender: Sender, server: Hostile) -> None:
    server.acts = says(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)

    with pytest.raises(BrokenAnswerError, match="interim"):
        await post(sender, server)


async def test_switching_protocols_is_an_error(sender: Sender, server: Hostile) -> None:
    server.acts = says(
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"
    )

    with pytest.raises(BrokenAnswerError):
        await post(sender, server)


async def test_an_idle_connection_is_dropped_after_its_time(
    sender: Sender, server: Hostile
) -> None:
    gone = asyncio.Event()

    async def act(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.hang()
        gone.set()

    server.acts = [act]

    await post(sender, server)

    await asyncio.wait_for(gone.wait(), 5)


async def test_a_connection_that_went_stale_costs_no_attempt(
    sender: Sender, server: Hostile
) -> None:
    # aiohttp would not send a POST again.
    async def answers_once(wire: Wire) -> None:
        await wire.request()
        await wire.say(OK)
        await wire.request()
        wire.reset()

    server.acts = [answers_once, *says(OK)]

    first, second = await post(sender, server), await post(sender, server)

    assert (first.body, second.body, server.connections) == (b"ok", b"ok", 2)


async def test_a_fresh_connection_that_is_reset_is_not_tried_again(
    sender: Sender, server: Hostile
) -> None:
    async def act(wire: Wire) -> None:
        await wire.request()
        wire.reset()

    server.acts = [act]

    with pytest.raises(BrokenAnswerError, match="before it answered"):
        await post(sender, server)
    assert server.connections == 1


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Certificate and key of `localhost`, signed by itself."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key,
         "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key


async def test_https_verifies_the_server(certificate: tuple[Path, Path]) -> None:
    served = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    served.load_cert_chain(*certificate)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Wire(reader, writer).request()
        writer.write(OK)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=served)
    target = Target.parse(f"https://localhost:{server.sockets[0].getsockname()[1]}/")
    trusting = Sender(ssl_context=ssl.create_default_context(cafile=str(certificate[0])))
    doubting = Sender()

    answer = await trusting.post(target, b"", b"", timeout_s=5)
    with pytest.raises(ConnectError):
        await doubting.post(target, b"", b"", timeout_s=5)

    assert answer.body == b"ok"
    for each in (trusting, doubting):
        await each.close()
    server.close()

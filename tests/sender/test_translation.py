"""https, and every foreign error with its translation."""

import socket
import ssl
import subprocess
import sys

import httptools
import pytest

from poplin.errors import BrokenAnswerError, ConnectError, SendError, SendTimeoutError
from poplin.sender import Limits, Sender, Target
from tests.sender.conftest import Certificate
from tests.sender.helpers import Silence, hangs, post
from tests.sender.hostile import OK, Act, Hostile, Wire, answers, hostile, says

LONG = Target("http://" + "a" * 64, "http", "a" * 64, 80, b"POST / HTTP/1.1\r\n")


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


async def resets(wire: Wire) -> None:
    await wire.request()
    await wire.say(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nha")
    wire.reset()


async def speaks_first(wire: Wire) -> None:
    await wire.say(b"220 mail.example.com ESMTP\r\n")
    await wire.hang()


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
        pytest.param("mixed", Silence(), None, 5, ConnectError, TimeoutError, id="handshake"),
        pytest.param("mixed", Silence(), None, 0.1, SendTimeoutError, TimeoutError,
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

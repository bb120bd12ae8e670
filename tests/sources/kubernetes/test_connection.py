"""The connection of a process: who we are, and every foreign error with its translation."""

import asyncio
import errno
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from kubernetes.aio.config import ConfigException

from sources.kubernetes.errors import UnavailableError
from sources.kubernetes.foreign import translated
from tests.sender.conftest import Certificate, self_signed
from tests.sender.hostile import Act, Wire, hostile
from tests.sources.kubernetes.connected import GET, connection, kubeconfig
from tests.sources.kubernetes_api import TOKEN, KubernetesApi, Reply, kubernetes_api


@pytest.fixture
async def server() -> AsyncIterator[KubernetesApi]:
    async with kubernetes_api() as each:
        yield each


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "kubeconfig"


async def test_a_token_that_ran_out_is_read_again(server: KubernetesApi, file: Path) -> None:
    async with connection(server.kubeconfig(file)) as each:
        await each.read(GET, 5)
        server.token = "of-today"  # noqa: S105 - of a server that lives for a test
        server.kubeconfig(file)

        assert await each.read(GET, 5)
    assert [called.headers["authorization"] for called in server.calls] == [
        f"Bearer {TOKEN}",
        f"Bearer {TOKEN}",
        "Bearer of-today",
    ]


async def test_many_that_run_out_together_read_it_once(server: KubernetesApi, file: Path) -> None:
    async with connection(server.kubeconfig(file)) as each:
        await each.read(GET, 5)
        server.token = "of-today"  # noqa: S105 - of a server that lives for a test
        server.kubeconfig(file)
        before = each._readings

        await asyncio.gather(*(each.read(GET, 5) for _ in range(20)))

        assert each._readings == before + 1


async def test_a_new_token_leaves_what_goes_on_alone(server: KubernetesApi, file: Path) -> None:
    async with connection(server.kubeconfig(file)) as each:
        server.fails = lambda _: Reply(content=b"x", hangs=True)
        async with each.ask(GET, 5) as answer:
            chunks = answer.chunks(5)
            assert await anext(chunks) == b"x"
            server.fails = lambda _: None
            server.token = "of-today"  # noqa: S105 - of a server that lives for a test
            server.kubeconfig(file)
            await each.read(GET, 5)

            more = asyncio.ensure_future(anext(chunks))
            done, _ = await asyncio.wait([more], timeout=0.1)
            assert not done
            more.cancel()


async def test_who_stays_unknown_is_told_so(server: KubernetesApi, file: Path) -> None:
    server.kubeconfig(file)
    server.token = "of-today"  # noqa: S105 - of a server that lives for a test
    async with connection(file) as each:
        with pytest.raises(UnavailableError, match="does not know who we are: 401"):
            await each.read(GET, 5)

    assert len(server.calls) == 2


async def test_a_cluster_that_moved_is_found_again(server: KubernetesApi, file: Path) -> None:
    async with connection(kubeconfig(file, "http://127.0.0.1:1")) as each:
        with pytest.raises(UnavailableError, match="Connection refused"):
            await each.read(GET, 5)
        server.kubeconfig(file)

        await each.read(GET, 5)

        assert each.host == server.url


async def test_a_server_that_is_away_has_the_file_read_seldom(file: Path) -> None:
    async with connection(kubeconfig(file, "http://127.0.0.1:1"), again_s=60) as each:
        for _ in range(3):
            with pytest.raises(UnavailableError):
                await each.read(GET, 5)

        assert each._readings == 1


async def test_a_redirect_is_not_followed(server: KubernetesApi, file: Path) -> None:
    """The token would go along."""
    async with kubernetes_api() as other, connection(server.kubeconfig(file)) as each:
        server.fails = lambda _: Reply(307, headers={"location": other.url + "/api/v1"})

        with pytest.raises(UnavailableError, match="answers 307 and leads elsewhere"):
            await each.read(GET, 5)

        assert not other.calls


async def test_a_proxy_of_the_environment_is_not_for_loopback(
    server: KubernetesApi, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with connection(server.kubeconfig(file)) as each:
        assert await each.read(GET, 5)


async def test_a_proxy_of_the_kubeconfig_is(server: KubernetesApi, file: Path) -> None:
    kubeconfig(file, server.url, cluster={"proxy-url": "http://127.0.0.1:1"})
    async with connection(file) as each:
        with pytest.raises(UnavailableError, match="no connection"):
            await each.read(GET, 5)


async def test_a_server_that_says_nothing_does_not_hold_us(
    server: KubernetesApi, file: Path
) -> None:
    for reply in (Reply(hangs=True), Reply(content=b"{", hangs=True)):
        server.fails = lambda _, reply=reply: reply  # type: ignore[misc]  # bound now
        async with connection(server.kubeconfig(file)) as each:
            with pytest.raises(UnavailableError, match=r"does not answer within 0\.3 s"):
                await each.read(GET, 0.3)


def _says(answer: bytes) -> Act:
    async def act(wire: Wire) -> None:
        await wire.head()
        await wire.say(answer)

    return act


async def _resets(wire: Wire) -> None:
    await wire.head()
    wire.reset()


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (_says(b""), "broke"),
        (_resets, "broke"),
        (_says(b"SSH-2.0-OpenSSH_9.2\r\n"), "gives no answer"),
        (_says(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}"), "gives no answer"),
        (_says(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}"), "gives no answer"),
        (_says(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"), "gives no answer"),
        (_says(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}"),
         "gives no answer"),
        (_says(b"HTTP/1.1 200 OK\r\nx: " + b"y" * 100_000 + b"\r\n\r\n"), "gives no answer"),
        (_says(b"HTTP/1.1 101 Switching\r\n\r\n"), "answers 101|gives no answer|broke"),
    ],
)  # fmt: skip
async def test_whatever_a_server_says_is_translated(act: Act, told: str, file: Path) -> None:
    async with hostile() as bad:
        bad.acts = [act]
        url = bad.url.partition("/path")[0]
        async with connection(kubeconfig(file, url)) as each:
            with pytest.raises(UnavailableError, match=told) as caught:
                await each.read(GET, 5)

    text = "".join(traceback.format_exception(caught.value))
    assert TOKEN not in text


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://nowhere.invalid", "nowhere.invalid: Name or service not known"),
        ("http://{}".format("a" * 64), "gives no answer|no connection"),
        ("http://127.0.0.1:1", "at 127.0.0.1:1: Connection refused"),
        ("http://user:word@127.0.0.1:1", "no URL like"),
        ("ftp://127.0.0.1", "no URL like"),
        ("127.0.0.1:6443", "no URL like"),
        ("http://[::1", "no URL like"),
        ("", "no URL like"),
    ],
)  # fmt: skip
async def test_a_server_that_is_nowhere_is_told_by_its_name(
    url: str, told: str, file: Path
) -> None:
    async with connection(kubeconfig(file, url)) as each:
        with pytest.raises(UnavailableError, match=told) as caught:
            await each.read(GET, 5)

    assert "word" not in str(caught.value)


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    certificate: Certificate, file: Path
) -> None:
    async with hostile(certificate.served()) as bad:
        bad.acts = [_says(b"")]
        async with connection(kubeconfig(file, bad.url.partition("/path")[0])) as each:
            with pytest.raises(UnavailableError, match="its certificate is refused: self-signed"):
                await each.read(GET, 5)


async def test_a_certificate_that_the_kubeconfig_vouches_for_is_taken(
    certificate: Certificate, file: Path
) -> None:
    async with hostile(certificate.served()) as good:
        good.acts = [_says(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")]
        trusts = {"certificate-authority": str(certificate.path)}
        kubeconfig(file, good.url.partition("/path")[0], cluster=trusts)
        async with connection(file) as each:
            assert await each.read(GET, 5) == b"{}"


def _all_below(kind: type[Exception]) -> Iterator[type[Exception]]:
    yield kind
    for each in kind.__subclasses__():
        yield from _all_below(each)


FOREIGN = sorted(
    {*_all_below(aiohttp.ClientError), *_all_below(ssl.SSLError), socket.gaierror, OSError,
     TimeoutError, ConnectionResetError, ConfigException, ValueError, UnicodeError},
    key=lambda each: each.__name__,
)  # fmt: skip


def _made(kind: type[Exception]) -> Exception:
    """As the library makes it, of a request that has a secret."""
    key = ConnectionKey("kube", 6443, True, True, None, None, None)
    error = kind.__new__(kind)
    error.args = ("secret",)
    error._conn_key = key  # type: ignore[attr-defined]  # of those of connecting
    error._os_error = OSError(errno.ECONNREFUSED, "refused")  # type: ignore[attr-defined]
    error._certificate_error = ssl.SSLCertVerificationError("secret")  # type: ignore[attr-defined]
    return error


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.__name__)
def test_every_foreign_error_is_translated(kind: type[Exception]) -> None:
    with (
        pytest.raises(UnavailableError, match="kube:6443") as caught,
        translated("https://kube:6443", 30),
    ):
        raise _made(kind)

    assert isinstance(caught.value.__cause__, kind)
    assert "secret" not in str(caught.value)

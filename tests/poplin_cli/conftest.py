"""Commands as a user runs them, against a management API on a real store."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner, Result

from poplin.store import connect
from poplin_cli.main import app
from tests.conftest import running_store
from tests.console.server import Console, running_console

Poplin = Callable[..., Result]


@pytest.fixture(scope="session")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder: Path = tmp_path_factory.mktemp("console")
    with running_store(folder) as url, running_console(url) as console:
        yield console


@pytest.fixture
async def redis(console: Console) -> AsyncIterator[Redis]:
    """A client of the console's store, which is empty."""
    client = connect(console.store_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def poplin(console: Console, monkeypatch: pytest.MonkeyPatch) -> Poplin:
    """Run it in this process; output goes into a pipe, so to speak."""
    monkeypatch.setenv("POPLIN_API", console.url)
    monkeypatch.delenv("POPLIN_ADMIN_TOKEN", raising=False)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))

"""Who is answered, with and without a token."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from redis.asyncio import Redis
from typer.testing import CliRunner

from console.access import Access
from console.app import console_app
from poplin_cli.main import app
from tests.console.server import running_console

LOCAL = {"127.0.0.1"}
NO_STORE = "redis://127.0.0.1:1"
TOKEN = "for-a-test"  # noqa: S105


@asynccontextmanager
async def _client(access: Access) -> AsyncIterator[httpx.AsyncClient]:
    """Of an API without a store: who is answered does not depend on it."""
    transport = httpx.ASGITransport(console_app(Redis(), access), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8081") as client:
        yield client


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        "Bearer for-a-tes",
        "Basic for-a-test",
        "for-a-test",
        "Bearer sécret",
    ],
)
@pytest.mark.parametrize("path", ["/", "/brokers", "/docs", "/openapi.json", "/nowhere"])
async def test_without_the_token_nothing_is_told(path: str, given: str | None) -> None:
    headers = [] if given is None else [(b"authorization", given.encode())]
    async with _client(Access(TOKEN, LOCAL)) as client:
        answer = await client.get(path, headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.headers["content-type"] == "application/problem+json"


async def test_with_the_token_everything_is_answered_whatever_the_host() -> None:
    async with _client(Access(TOKEN, LOCAL)) as client:
        answer = await client.get(
            "/", headers={"authorization": f"bearer {TOKEN}", "host": "poplin.example:8081"}
        )

    assert answer.status_code == 200


async def test_liveness_is_answered_to_everybody() -> None:
    async with _client(Access(TOKEN, LOCAL)) as client:
        assert (await client.get("/livez", headers={"host": "10.1.2.3"})).status_code == 200


@pytest.mark.parametrize(
    ("bound", "host", "status"),
    [
        ("127.0.0.1", "localhost:8081", 200),
        ("127.0.0.1", "127.0.0.1:9", 200),
        ("127.0.0.1", "[::1]:8081", 200),
        ("127.0.0.1", "LOCALHOST", 200),
        ("127.0.0.1", "evil.example:8081", 403),
        ("127.0.0.1", "localhost.evil.example", 403),
        ("127.0.0.1", "evil.example@localhost", 403),
        ("127.0.0.1", "10.1.2.3", 403),
        ("127.0.0.1", "[", 403),
        ("127.0.0.1", "", 403),
        ("10.1.2.3", "10.1.2.3:8081", 200),
        ("10.1.2.3", "10.1.2.4", 403),
        ("0.0.0.0", "10.1.2.3:8081", 200),
        ("0.0.0.0", "evil.example", 403),
    ],
)
async def test_without_a_token_only_our_own_names_are_answered(
    bound: str, host: str, status: int
) -> None:
    """A page whose name leads to this machine asks by that name."""
    async with _client(Access(None, {bound})) as client:
        answer = await client.get("/", headers={"host": host})

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://localhost:8081", 200), ("http://evil.example", 403), ("null", 403)],
)
async def test_without_a_token_pages_of_other_origins_are_refused(origin: str, status: int) -> None:
    async with _client(Access(None, LOCAL)) as client:
        answer = await client.get("/", headers={"origin": origin})

    assert answer.status_code == status


async def test_the_index_says_where_to_go_on() -> None:
    async with _client(Access()) as client:
        index = (await client.get("/")).json()
        pages = [await client.get(index[name]) for name in ("docs", "openapi")]

    assert index["name"] == "poplin"
    assert [page.status_code for page in pages] == [200, 200]


def test_an_address_for_everybody_without_a_token_is_warned_of() -> None:
    with running_console(NO_STORE, "--host", "0.0.0.0") as console:
        line = console.next_line()

    assert line["level"] == "warning"
    assert "--admin-token" in str(line["event"])


def test_with_a_token_there_is_nothing_to_warn_of() -> None:
    with running_console(NO_STORE, "--host", "0.0.0.0", token=TOKEN) as console:
        console.process.terminate()
        assert console.process.stdout is not None
        rest = console.process.stdout.read()

    assert rest == b""


@pytest.mark.parametrize("token", ["", " ", "tab\there", "é"])
def test_a_token_that_no_header_carries_is_refused(token: str) -> None:
    result = CliRunner().invoke(
        app, ["console", "--redis", "redis://127.0.0.1:1", "--admin-token", token]
    )

    assert result.exit_code == 2
    assert result.stderr.startswith("poplin: --admin-token must be")


async def test_the_documentation_needs_no_network() -> None:
    async with _client(Access()) as client:
        page = (await client.get("/docs")).text
        files = re.findall(r'(?:src|href)="([^"]+)"', page)
        answers = [await client.get(name) for name in files]

    assert len(files) >= 2
    assert all(name.startswith("/") for name in files)
    assert [answer.status_code for answer in answers] == [200] * len(files)

"""How commands end: one line that names the thing and the next step, and a code for scripts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import typer
from redis.asyncio import Redis
from typer.testing import CliRunner

from poplin.catalog import write_sources
from poplin.errors import ConfigurationError, StoreUnavailableError
from poplin_cli.runner import Commands
from tests.console.helpers import a_broker, a_source, a_trigger, published
from tests.console.server import running_console
from tests.poplin_cli.conftest import Poplin
from tests.poplin_cli.test_tail import redis_url

TOKEN = "for-a-test"  # noqa: S105
READERS = [
    ("get", "brokers"),
    ("get", "triggers", "-A"),
    ("get", "trigger", "audit"),
    ("get", "sources"),
    ("describe", "broker", "main"),
    ("describe", "trigger", "audit"),
    ("describe", "source", "hub"),
    ("tail", "main", "--no-follow"),
    ("trace", "event"),
]


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[str]:
    """Something that listens and is not ours."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_without_a_fabric_it_is_3_and_says_how_to_start_one(
    poplin: Poplin, command: tuple[str, ...]
) -> None:
    result = poplin(*command, "--api", "http://127.0.0.1:1")

    assert result.exit_code == 3
    assert result.stderr == (
        "poplin: no fabric answers at http://127.0.0.1:1; start one with `poplin up -f …`, or name "
        "it with --api\n"
    )


async def test_without_the_token_it_is_4_and_with_it_0(
    redis: Redis, poplin: Poplin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await published(redis, [a_broker()], [a_trigger("audit")])
    await write_sources(redis, [a_source("hub")])
    with running_console(redis_url(redis), token=TOKEN) as console:
        monkeypatch.setenv("POPLIN_API", console.url)
        without = [poplin(*command) for command in READERS]
        wrong = poplin("get", "brokers", "--admin-token", "other")
        monkeypatch.setenv("POPLIN_ADMIN_TOKEN", TOKEN)
        known = [poplin(*command) for command in READERS]

    assert {result.exit_code for result in (*without, wrong)} == {4}
    assert all("POPLIN_ADMIN_TOKEN" in result.stderr for result in without)
    assert [result.exit_code for result in known] == [0] * (len(READERS) - 1) + [1]


@pytest.mark.parametrize(
    ("command", "nearest"),
    [
        (("get", "trigger", "audt"), "default/audit"),
        (("describe", "trigger", "audt"), "default/audit"),
        (("describe", "broker", "mian"), "default/main"),
        (("tail", "mian"), "default/main"),
        (("trace", "e", "--broker", "mian"), "default/main"),
        (("get", "broker", "shop/main"), "default/main"),
    ],
)
async def test_an_unknown_name_is_2_and_offers_the_nearest(
    redis: Redis, poplin: Poplin, command: tuple[str, ...], nearest: str
) -> None:
    await published(redis, [a_broker()], [a_trigger("audit")])

    result = poplin(*command)

    assert result.exit_code == 2
    assert result.stderr.startswith("poplin: there is no ")
    assert result.stderr.endswith(f"; did you mean {nearest}?\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.1 404 Not Found\r\ncontent-length: 9\r\n\r\n<p>no</p>",
        b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\ncontent-length: 2\r\n\r\n[]",
    ],
)
async def test_a_stranger_at_the_url_is_2(poplin: Poplin, answer: bytes) -> None:
    async with answering(answer) as url:
        result = await asyncio.to_thread(poplin, "get", "brokers", "--api", url)

    assert result.exit_code == 2
    assert "is not Poplin's management API" in result.stderr


async def test_a_broken_answer_is_3(poplin: Poplin) -> None:
    async with answering(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{") as url:
        result = await asyncio.to_thread(poplin, "get", "brokers", "--api", url)

    assert result.exit_code == 3
    assert f"the fabric at {url} gives no answer" in result.stderr


@pytest.mark.parametrize("url", ["", "foo", "ftp://x", "http://[", "http://x:99999999"])
def test_a_url_that_is_none_is_2(poplin: Poplin, url: str) -> None:
    result = poplin("get", "brokers", "--api", url)

    assert result.exit_code == 2
    assert "--api" in result.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("get", "trigger", "a/b/c"), "'a/b/c' is not a name"),
        (("get", "trigger", "/b"), "'/b' is not a name"),
        (("get", "triggers", "-o", "xml"), "Invalid value for '--output' / '-o'"),
        (("get", "nonsense"), "No such command 'nonsense'; see "),
        (("trace",), "Missing argument 'event_id'; see "),
        (("tail", "main", "--bogus"), "No such option: --bogus"),
    ],
)
def test_bad_arguments_are_2_and_one_line(
    poplin: Poplin, command: tuple[str, ...], said: str
) -> None:
    result = poplin(*command)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigurationError("mend it"), 2, "poplin: mend it\n"),
        (StoreUnavailableError("away"), 3, "poplin: away\n"),
        (ExceptionGroup("g", [StoreUnavailableError("away")]), 3, "poplin: away\n"),
        (OSError("a file"), 70, "poplin: internal error: OSError at "),
        (KeyError("x"), 70, "poplin: internal error: KeyError at test_exit_codes.py:"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_whatever_a_command_raises_becomes_a_line(
    error: BaseException, code: int, said: str
) -> None:
    app = typer.Typer(cls=Commands)

    @app.command()
    def fail() -> None:
        raise error

    @app.command()
    def other() -> None:
        """A second one makes it a group."""

    result = CliRunner().invoke(app, ["fail"])

    assert result.exit_code == code
    assert result.stderr.startswith(said)
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == (1 if said else 0)

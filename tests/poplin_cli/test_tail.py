"""`poplin tail`: events go by, once each, whatever happens to the console."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from tests.console.helpers import a_broker, append_event, published
from tests.console.server import Console, running_console
from tests.poplin_cli.conftest import Poplin


@asynccontextmanager
async def tailing(url: str, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "poplin_cli.main", "tail", "main", "--since", "1h", "--api", url,
        "-o", "json", *options,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(30):
            yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def _ids(process: asyncio.subprocess.Process, count: int) -> list[str]:
    assert process.stdout is not None
    lines = [json.loads(await process.stdout.readline()) for _ in range(count)]
    return [line["attributes"]["id"] for line in lines]


async def test_it_shows_what_comes_until_it_is_interrupted(redis: Redis, console: Console) -> None:
    await published(redis, [a_broker()])
    await append_event(redis, "before")
    async with tailing(console.url) as process:
        first = await _ids(process, 1)
        await append_event(redis, "after")
        second = await _ids(process, 1)
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()

    assert (first, second) == (["before"], ["after"])
    assert process.returncode == 130
    assert errors == b""


async def test_it_goes_on_without_a_repeat_when_the_console_is_back(redis: Redis) -> None:
    await published(redis, [a_broker(partitions=2)])
    url = redis_url(redis)
    with running_console(url) as first:
        port = first.port
        async with tailing(first.url) as process:
            await append_event(redis, "one")
            before = await _ids(process, 1)
            first.process.kill()
            first.process.wait()
            await append_event(redis, "two", partition=1)
            with running_console(url, port=port):
                after = await _ids(process, 1)
                await append_event(redis, "three")
                after += await _ids(process, 1)
            process.send_signal(signal.SIGINT)
            _, errors = await process.communicate()

    assert (before, after) == (["one"], ["two", "three"])
    assert errors.count(b"went away") >= 1


async def test_it_ends_after_as_many_as_are_asked_for(redis: Redis, poplin: Poplin) -> None:
    await published(redis, [a_broker()])
    for number in range(3):
        await append_event(redis, f"e{number}")

    result = await asyncio.to_thread(poplin, "tail", "main", "--since", "1h", "--count", "2")

    assert result.exit_code == 0
    assert "id=e1" in result.output
    assert "id=e2" not in result.output


async def test_what_a_terminal_would_obey_is_not_sent_to_it(redis: Redis, poplin: Poplin) -> None:
    await published(redis, [a_broker()])
    await append_event(redis, "e", data=b"\x1b[2Jgone \xc2\x9b31m")
    await append_event(redis, "f", data=b"\xff\xfe")

    output = poplin("tail", "main", "--since", "1h", "--no-follow").output

    assert "\\x1b[2Jgone \\x9b31m" in output
    assert "(2 bytes of binary data)" in output
    assert "\x1b" not in output


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("type=wanted", ["a"]),
        ("type = 'wanted'", ["a"]),
        ("type IN ('wanted', 'other')", ["a", "b"]),
        ("exact: {type: other}", ["b"]),
        ("{not: {exact: {type: other}}}", ["a"]),
        ('[{"prefix": {"type": "wan"}}]', ["a"]),
        ("- any:\n  - suffix: {type: ted}\n  - cesql: type = 'other'", ["a", "b"]),
    ],
)
async def test_a_filter_may_be_of_any_dialect(
    redis: Redis, poplin: Poplin, text: str, ids: list[str]
) -> None:
    await published(redis, [a_broker()])
    await append_event(redis, "a", kind="wanted")
    await append_event(redis, "b", kind="other")

    result = poplin("tail", "main", "--since", "1h", "--no-follow", "-o", "json", "--filter", text)

    found = [json.loads(line)["attributes"]["id"] for line in result.output.splitlines()]
    assert (result.exit_code, found) == (0, ids)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--filter", "type = 'x' AND"], "line 1, column"),
        (["--filter", "{exact: [}"], "not YAML"),
        (["--filter", "exat: {type: x}"], "query filter[0].cesql"),
        (["--filter", ""], "--filter is empty"),
        (["--since", "yesterday"], "query since"),
        (["--count", "0"], "--count"),
    ],
)
async def test_bad_options_are_named_in_one_line(
    redis: Redis, poplin: Poplin, options: list[str], said: str
) -> None:
    await published(redis, [a_broker()])

    result = poplin("tail", "main", "--no-follow", *options)

    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("poplin: ")
    assert result.stderr.count("\n") == 1


def redis_url(redis: Redis) -> str:
    return f"unix://{redis.connection_pool.connection_kwargs['path']}"

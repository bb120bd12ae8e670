"""`poplin get`: lists for people on any terminal, and for machines."""

import asyncio
import json
import signal
import sys

import pytest
import yaml
from redis.asyncio import Redis

from poplin.log import Log
from tests.console.helpers import a_broker, a_trigger, published
from tests.console.server import Console
from tests.log.helpers import dead, leased
from tests.poplin_cli.conftest import Poplin
from tests.poplin_cli.terminal import plain, shown

WIDTHS = (40, 60, 80, 200)
LONG = "a-trigger-with-quite-a-long-name-of-fifty-characters"


async def _some(redis: Redis, *names: str) -> None:
    await published(redis, [a_broker()], [a_trigger(name) for name in names])
    await leased(Log(redis, "default/main"), 3, f"uid-{names[0]}")
    await dead(Log(redis, "default/main"), 2, f"uid-{names[0]}")


async def test_a_pipe_gets_every_column_in_full(redis: Redis, poplin: Poplin) -> None:
    await _some(redis, LONG, "other")

    result = poplin("get", "triggers")

    heading, first, second = result.output.splitlines()
    assert heading.split() == [
        "NAME", "BROKER", "SUBSCRIBER", "READY", "REASON", "BACKLOG", "IN", "FLIGHT", "RETRYING",
        "DEAD", "OLDEST",
    ]  # fmt: skip
    assert first.split()[:7] == [LONG, "main", "http://subscriber/", "True", "3", "3", "0"]
    assert second.split() == ["other", "main", "http://subscriber/", "True", "0", "0", "0", "0"]
    assert "\x1b" not in result.output


async def test_a_terminal_gets_whole_lines_that_fit(redis: Redis, console: Console) -> None:
    await _some(redis, "audit", "billing-of-orders")

    async def lines(width: int) -> list[str]:
        text = await asyncio.to_thread(shown, "get", "triggers", width=width, url=console.url)
        return [line for line in plain(text).splitlines() if not line.startswith("(no room")]

    found = dict(zip(WIDTHS, await asyncio.gather(*map(lines, WIDTHS)), strict=True))

    for width, (heading, *rows) in found.items():
        assert all(len(line) <= width for line in (heading, *rows))
        assert [row.split()[0] for row in rows] == ["audit", "billing-of-orders"]
        assert heading.split()[0] == "NAME"
        assert "READY" in heading
    assert [len(heading.split()) for heading, *_ in found.values()] == [3, 5, 8, 11]


@pytest.mark.parametrize("variable", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
async def test_colours_are_left_out_where_they_are_not_wanted(
    redis: Redis, console: Console, variable: dict[str, str]
) -> None:
    await published(redis, [a_broker()], [a_trigger("audit")])

    coloured = shown("get", "triggers", width=200, url=console.url)
    without = shown("get", "triggers", width=200, url=console.url, **variable)

    assert "\x1b[32mTrue" in coloured
    assert "\x1b" not in without
    assert plain(coloured) == without


async def test_what_no_column_can_spare_is_stacked(redis: Redis, console: Console) -> None:
    await _some(redis, LONG, "other")

    text = plain(shown("get", "triggers", width=40, url=console.url))

    assert f"NAME: {LONG}\n" in text
    assert "READY: True\nBACKLOG: 3\n" in text


async def test_machines_get_what_the_api_says(redis: Redis, poplin: Poplin) -> None:
    await _some(redis, "audit", "other")

    as_json = json.loads(poplin("get", "triggers", "-o", "json").output)
    as_yaml = yaml.safe_load(poplin("get", "triggers", "-o", "yaml").output)
    one = json.loads(poplin("get", "trigger", "audit", "-o", "json").output)

    assert [each["name"] for each in as_json] == ["audit", "other"]
    assert [each["dead"] for each in as_yaml] == [2, 0]
    assert one["inFlight"] == 3
    assert poplin("get", "triggers", "-o", "name").output == "default/audit\ndefault/other\n"


async def test_namespaces_are_told_apart(redis: Redis, poplin: Poplin) -> None:
    brokers = [a_broker(), a_broker(namespace="shop")]
    await published(redis, brokers, [a_trigger("a"), a_trigger("b", namespace="shop")])

    assert poplin("get", "triggers", "-n", "shop", "-o", "name").output == "shop/b\n"
    assert poplin("get", "triggers", "-A", "-o", "name").output == "default/a\nshop/b\n"
    assert poplin("get", "triggers", "-A").output.startswith("NAMESPACE")
    assert poplin("get", "trigger", "shop/b", "-o", "name").output == "shop/b\n"
    assert (
        poplin("get", "triggers", "-A", "--broker", "shop/main", "-o", "name").output == "shop/b\n"
    )


async def test_more_than_a_page_is_listed(redis: Redis, poplin: Poplin) -> None:
    await published(redis, [a_broker()], [a_trigger(f"t{number:03}") for number in range(501)])

    assert len(poplin("get", "triggers", "-o", "name").output.splitlines()) == 501


async def test_an_empty_list_is_empty_for_machines_and_said_to_people(
    redis: Redis, poplin: Poplin
) -> None:
    await published(redis, [a_broker()])

    table = poplin("get", "triggers")

    assert (table.exit_code, table.stdout) == (0, "")
    assert "-A" in table.stderr
    assert json.loads(poplin("get", "triggers", "-o", "json").stdout) == []


async def test_a_broker_shows_its_log(redis: Redis, poplin: Poplin) -> None:
    await _some(redis, "audit")

    heading, row = poplin("get", "brokers").output.splitlines()

    assert heading.split() == ["NAME", "URL", "READY", "REASON", "EVENTS", "PARTITIONS", "TRIGGERS"]
    assert row.split() == ["main", "True", "5", "1", "1"]


async def test_watching_shows_it_again_when_it_changes(redis: Redis, console: Console) -> None:
    await _some(redis, "audit")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "poplin_cli.main", "get", "triggers", "-w", "--api", console.url,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(15):
        before = [await process.stdout.readline() for _ in range(2)]
        await dead(Log(redis, "default/main"), 1, "uid-audit")
        after = [await process.stdout.readline() for _ in range(2)]
        process.send_signal(signal.SIGINT)
        code = await process.wait()

    assert before[0] == after[0]
    assert (before[1].split()[-2], after[1].split()[-2]) == (b"2", b"3")
    assert code == 130

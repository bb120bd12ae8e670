"""`poplin trace`: the story of an event."""

import json
from typing import Any

import pytest
from redis.asyncio import Redis

from poplin.log import Burial, Held, Log
from poplin_cli.client import Api
from tests.console.helpers import a_broker, a_trigger, append_event, published
from tests.console.test_traces import GRAVE
from tests.log.helpers import routed
from tests.poplin_cli.conftest import Poplin


async def _dead_and_filtered(redis: Redis) -> str:
    """Where the dead letter lies."""
    await published(redis, [a_broker()], [a_trigger("t"), a_trigger("u")])
    log = Log(redis, "default/main")
    log_id = await append_event(redis, "e", kind="unwanted")
    token = await routed(log, log_id, {"uid-t": [log_id]}, leased=1)
    await log.bury([Burial(Held("uid-t", log_id, token), GRAVE, has_sink=False)])
    return f"0:{log_id.decode()}"


async def test_a_person_reads_what_happened_and_what_to_do(redis: Redis, poplin: Poplin) -> None:
    place = await _dead_and_filtered(redis)

    result = poplin("trace", "e")

    assert result.exit_code == 0
    assert "Event e  unwanted from /test" in result.output
    assert f"accepted by broker default/main, entry {place}" in result.output
    assert "default/t: dead; given up after 2 attempts: answered 500" in result.output
    assert f"poplin dead-letters show default/t {place}" in result.output
    assert "default/u: filtered; " in result.output
    assert "filters[0].exact.type" in result.output


async def test_a_machine_gets_a_list_of_matches(redis: Redis, poplin: Poplin) -> None:
    place = await _dead_and_filtered(redis)

    matches = json.loads(poplin("trace", "e", "-o", "json").output)

    assert {each["trigger"]: each["outcome"] for each in matches} == {
        "default/t": "dead",
        "default/u": "filtered",
    }
    assert {each["event"]["logId"] for each in matches} == {place}


async def test_an_event_that_nobody_knows_ends_with_1(redis: Redis, poplin: Poplin) -> None:
    await published(redis, [a_broker()])

    result = poplin("trace", "nobody", "--source", "/s")
    as_json = poplin("trace", "nobody", "-o", "json")

    assert (result.exit_code, as_json.exit_code) == (1, 1)
    assert "nothing is known of an event 'nobody' of source '/s'" in result.stderr
    assert json.loads(as_json.stdout) == []


async def test_names_are_those_of_the_triggers_each_once(redis: Redis, poplin: Poplin) -> None:
    await _dead_and_filtered(redis)
    await append_event(redis, "e")

    result = poplin("trace", "e", "-o", "name")

    assert result.exit_code == 0
    assert sorted(result.stdout.split()) == ["default/t", "default/u"]


async def test_what_was_left_out_is_said_beside_the_list(
    redis: Redis, poplin: Poplin, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _dead_and_filtered(redis)
    get = Api.get

    def with_notes(api: Api, path: str, **params: str) -> Any:
        return {**get(api, path, **params), "notes": ["older ones\x1b were left out", "so is this"]}

    monkeypatch.setattr(Api, "get", with_notes)

    for output in ("json", "yaml", "name"):
        result = poplin("trace", "e", "-o", output)

        assert result.stderr.splitlines() == ["older ones\\x1b were left out", "so is this"]
        assert "left out" not in result.stdout

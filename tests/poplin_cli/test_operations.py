"""`poplin dead-letters`, `replay`, `pause` and `resume`: what they say, ask and refuse."""

import asyncio
import json
from dataclasses import replace

import pytest
import yaml
from redis.asyncio import Redis

from poplin_cli.errors import InputError
from poplin_cli.filter_option import filters_of
from tests.console.server import Console
from tests.operate.scene import Scene
from tests.poplin_cli.conftest import Poplin
from tests.poplin_cli.terminal import answered, plain, shown


async def _scene(redis: Redis, letters: int = 0) -> Scene:
    scene = Scene(redis)
    await scene.publish()
    if letters:
        await scene.dead(letters)
    return scene


async def test_dead_letters_are_listed_for_people_and_for_machines(
    redis: Redis, poplin: Poplin
) -> None:
    await _scene(redis, letters=3)

    table, names, found, also = (
        poplin("dead-letters", "list", "audit", "-o", output).output
        for output in ("table", "name", "json", "yaml")
    )

    heading, *rows = table.splitlines()
    assert heading.split()[:3] == ["ID", "EVENT", "TYPE"]
    assert [row.split()[0] for row in rows] == names.split()
    assert [each["id"] for each in json.loads(found)] == names.split()
    assert yaml.safe_load(also) == json.loads(found)
    assert {(each["status"], each["reason"]) for each in json.loads(found)} == {
        (400, "answered 400")
    }


@pytest.mark.parametrize("width", [40, 80])
async def test_the_list_fits_a_narrow_terminal(redis: Redis, console: Console, width: int) -> None:
    scene = await _scene(redis)
    await scene.dead(2, source="/a/source/of/quite/some/length", type="a.type.of.some.length")

    text = await asyncio.to_thread(
        shown, "dead-letters", "list", "audit", width=width, url=console.url, NO_COLOR="1"
    )

    lines = plain(text).splitlines()
    assert all(len(line) <= width for line in lines if not line.startswith("("))
    assert sum("400" in line for line in lines) >= 2


async def test_a_dead_letter_is_shown_with_its_event_and_its_whole_grave(
    redis: Redis, poplin: Poplin
) -> None:
    scene = await _scene(redis)
    (log_id,) = await scene.dead(1, subject="\x1b[2J")
    letter = f"0:{log_id.decode()}"

    shown_text = poplin("dead-letters", "show", "audit", letter).output
    found = json.loads(poplin("dead-letters", "show", "audit", letter, "-o", "json").output)

    for words in (
        letter, "answered 400", "http://s/", "3, from 2023-11-14T22:13:20.000Z", "  no\n",
        "  id: 0\n", "  data\n",
    ):  # fmt: skip
        assert words in shown_text
    assert "\x1b" not in shown_text
    assert (found["event"]["data"], found["grave"]["body"]) == ("data", "no")


async def test_older_letters_alone_are_redriven_without_a_question(
    redis: Redis, poplin: Poplin
) -> None:
    scene = await _scene(redis)
    (old, _) = await scene.dead(2)
    await redis.zadd(scene.logs[0].keys.dead(scene.uid), {old: 1})

    result = poplin("dead-letters", "redrive", "audit", "--older-than", "1h")

    assert result.output == "1 dead letter of trigger default/audit redriven\n"
    assert await scene.due() == [old]


async def test_named_letters_are_purged_and_no_others(redis: Redis, poplin: Poplin) -> None:
    await _scene(redis, letters=3)
    one, two, three = poplin("dead-letters", "list", "audit", "-o", "name").output.split()

    result = poplin("dead-letters", "purge", "audit", "--id", one, "--id", three, "--yes")

    assert result.output == "2 dead letters of trigger default/audit purged\n"
    assert poplin("dead-letters", "list", "audit", "-o", "name").output.split() == [two]


async def test_where_there_is_no_dead_letter_there_is_nothing_to_ask(
    redis: Redis, poplin: Poplin
) -> None:
    await _scene(redis)

    result = poplin("dead-letters", "purge", "audit", "--all", "-o", "json")

    assert (result.exit_code, json.loads(result.stdout)["count"]) == (0, 0)


@pytest.mark.parametrize(("typed", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 2)])
async def test_on_a_terminal_it_asks_and_shows_its_progress(
    redis: Redis, console: Console, typed: str, code: int, left: int
) -> None:
    scene = await _scene(redis, letters=2)

    ended, text = await asyncio.to_thread(
        answered, typed, "dead-letters", "purge", "audit", "--all", width=80, url=console.url
    )

    assert ended == code
    assert "This will remove 2 dead letters of trigger default/audit for good. Go on?" in text
    assert ("2/2" in plain(text)) is (left == 0)
    assert await redis.zcard(scene.logs[0].keys.dead(scene.uid)) == left


async def test_a_replay_says_what_it_did(redis: Redis, poplin: Poplin) -> None:
    scene = await _scene(redis)
    await scene.settled(3)
    await scene.waiting(2)
    await scene.accept(1)

    result = poplin("replay", "main", "-t", "audit", "--yes")

    assert result.output.startswith(
        "3 events of broker default/main replayed to trigger default/audit, marked poplinreplay="
    )
    assert result.output.endswith(
        "; 2 waited already and come once; 1 are not routed yet and come by themselves\n"
    )


async def test_a_trigger_is_paused_and_resumed(redis: Redis, poplin: Poplin) -> None:
    scene = await _scene(redis)
    await scene.waiting(1234)

    said = [poplin(word, "audit").output for word in ("pause", "resume")]

    assert said == [
        "trigger default/audit is paused; 1,234 wait\n",
        "trigger default/audit goes on; 1,234 waited\n",
    ]


async def test_what_its_annotation_pauses_is_not_resumed(redis: Redis, poplin: Poplin) -> None:
    scene = Scene(redis)
    await scene.publish(replace(scene.trigger, paused=True))

    result = poplin("resume", "audit")

    assert result.exit_code == 2
    assert "change the YAML" in result.stderr


REFUSED = [
    ("dead-letters purge audit --all", "would remove 2 dead letters of trigger default/audit"),
    ("dead-letters redrive audit --all", "give --yes to do it without being asked"),
    ("replay main -t audit", "would send 3 events of broker default/main again to trigger"),
    ("dead-letters purge audit --yes", "say which: --id ID"),
    ("dead-letters redrive audit --all --id 0:1-0", "say which: --id ID"),
    ("dead-letters redrive audit --id 0:1-0", "no dead letter 0:1-0"),
    ("dead-letters redrive audit --id one", "use PARTITION:ID"),
    ("dead-letters show audit 0:1-0", "no dead letter 0:1-0"),
    ("dead-letters list audti", "did you mean default/audit?"),
    ("dead-letters list audit --older-than soon", "use a time such as"),
    ("pause audti", "did you mean default/audit?"),
    ("replay main -t audti --yes", "did you mean default/audit?"),
    ("replay mian -t audit --yes", "did you mean default/main?"),
    ("replay main -t audit --yes --since soon", "body since: use a time such as"),
    ("replay main -t audit --yes --filter type=", "filters[0].cesql: line 1, column 6"),
    ("replay main -t audit --yes --filter {exakt:{a:b}}", "filters[0].exakt"),
]


@pytest.mark.parametrize(("arguments", "says"), REFUSED)
async def test_what_cannot_be_is_one_line_and_changes_nothing(
    redis: Redis, poplin: Poplin, arguments: str, says: str
) -> None:
    scene = await _scene(redis, letters=2)
    await scene.settled(1)

    result = poplin(*arguments.split())

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("poplin: ")
    assert result.stderr.count("\n") == 1
    assert says in result.stderr
    assert await scene.due() == []
    assert await redis.zcard(scene.logs[0].keys.dead(scene.uid)) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("type=order.created", [{"exact": {"type": "order.created"}}]),
        ("type = 'order.created'", [{"cesql": "type = 'order.created'"}]),
        ("type='x'", [{"cesql": "type='x'"}]),
        ("{prefix: {type: order.}}", [{"prefix": {"type": "order."}}]),
        ('[{"not": {"exact": {"id": "1"}}}]', [{"not": {"exact": {"id": "1"}}}]),
        ("{exact: {time: 2026-01-31}}", [{"exact": {"time": "2026-01-31"}}]),
    ],
)
def test_a_filter_is_a_value_an_expression_or_an_element(text: str, expected: list[object]) -> None:
    assert filters_of([text]) == expected


def test_a_filter_that_is_not_yaml_is_refused() -> None:
    with pytest.raises(InputError, match="not YAML"):
        filters_of(["{exact: "])


@pytest.mark.parametrize("letter", ["", ".", "..", "0:1-0#x", "0:1-0?x", "../..", "a/b"])
async def test_what_is_no_id_of_a_letter_leads_nowhere_else(
    redis: Redis, poplin: Poplin, letter: str
) -> None:
    await _scene(redis)

    result = poplin("dead-letters", "show", "audit", letter)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "no id of a dead letter" in result.stderr or "there is nothing here" in result.stderr

"""`poplin describe`: everything of one object, and what to do next."""

import json

import orjson
import pytest
from redis.asyncio import Redis

from poplin.catalog import Condition, Verdict, publish
from poplin.log import Burial, Log
from poplin_cli.hints import trigger_hints
from tests.console.helpers import a_broker, a_trigger, published
from tests.log.helpers import leased
from tests.poplin_cli.conftest import Poplin


def _grave(reason: str) -> bytes:
    return orjson.dumps(
        {
            "reason": reason, "status": 500, "destination": "http://subscriber/", "attempts": 3,
            "first_us": 1, "last_us": 2,
        }
    )  # fmt: skip


async def test_a_trigger_is_told_with_what_its_letters_died_of(
    redis: Redis, poplin: Poplin
) -> None:
    await published(redis, [a_broker()], [a_trigger("audit")])
    log = Log(redis, "default/main")
    held = await leased(log, 3, "uid-audit")
    reasons = ["answered 500", "answered 500", "refused\x1b[2J"]
    burials = [
        Burial(each, _grave(reason), has_sink=False)
        for each, reason in zip(held, reasons, strict=True)
    ]
    await log.bury(burials)

    result = poplin("describe", "trigger", "audit")

    text = result.output
    assert result.exit_code == 0
    for line in (
        "Trigger:          default/audit",
        "  Ready: True",
        "  - exact:\n      type: wanted\n",
        "  maxInFlight: 64",
        "  2 × answered 500; the last at ",
        "  1 × refused\\x1b[2J; the last at ",
        "poplin dead-letters redrive default/audit --all",
    ):
        assert line in text
    assert "\x1b" not in text


async def test_a_broker_is_told_with_its_triggers(redis: Redis, poplin: Poplin) -> None:
    await published(
        redis, [a_broker(partitions=2, dedupe_window_s=600.0)], [a_trigger("a"), a_trigger("b")]
    )
    await leased(Log(redis, "default/main"), 1, "uid-a")

    text = poplin("describe", "broker", "main").output

    for line in (
        "Events in the log: 1",
        "Partitions:        2",
        "  retentionBytes: 268435456",
        "  dedupeWindow: 600.0",
        "Triggers (2):",
        "  a: True, backlog 1, dead 0",
        "poplin tail default/main",
    ):
        assert line in text


async def test_what_is_not_ready_says_why(redis: Redis, poplin: Poplin) -> None:
    conditions = (Condition("Ready", "False", "BrokerDoesNotExist", "Broker x/y is not there"),)
    verdict = Verdict(kind="Trigger", namespace="default", name="t", conditions=conditions)
    await publish(redis, [], [], [verdict])

    text = poplin("describe", "trigger", "t").output

    assert "Ready: False, BrokerDoesNotExist: Broker x/y is not there" in text
    assert "poplin check -f PATH" in text
    assert "Filters" not in text


async def test_machines_get_what_the_api_says(redis: Redis, poplin: Poplin) -> None:
    await published(redis, [a_broker()], [a_trigger("audit")])

    view = json.loads(poplin("describe", "trigger", "audit", "-o", "json").output)

    assert view["status"]["conditions"][0] == {"type": "Ready", "status": "True"}


VIEW = {
    "namespace": "default", "name": "t", "ready": "True", "paused": False, "backlog": 0,
    "inFlight": 0, "retrying": 0, "dead": 0, "oldest": None, "ignoredAnswers": 0,
    "delivery": {"maxInFlight": 64},
}  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "hints"),
    [
        ({}, ["nothing: "]),
        ({"ready": "False"}, ["mend "]),
        ({"paused": True}, ["it is paused"]),
        ({"retrying": 1}, ["its subscriber fails"]),
        ({"dead": 1}, ["look at what died", "once the cause"]),
        ({"backlog": 900, "inFlight": 64, "oldest": 61.0}, ["all that it may have in flight"]),
        ({"backlog": 900, "inFlight": 64, "oldest": 5.0}, ["nothing: "]),
        ({"backlog": 900, "inFlight": 3, "oldest": 61.0}, ["nothing: "]),
        ({"ignoredAnswers": 1}, ["some answers"]),
    ],
)
def test_the_hints_follow_the_facts(facts: dict[str, object], hints: list[str]) -> None:
    found = list(trigger_hints({**VIEW, **facts}))

    assert len(found) == len(hints)
    assert all(text.startswith(hint) for text, hint in zip(found, hints, strict=True))

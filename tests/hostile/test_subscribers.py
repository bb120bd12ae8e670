"""Subscribers that answer what no subscriber should: the event is settled or kept, others are served."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.hostile.subscriber_cases import Case, SecondAnswers, cases
from tests.hostile.subscriber_stage import HOPS_SENT, ROUNDS, Stage, played

pytestmark = pytest.mark.asyncio(loop_scope="module")

CASES = {each.name: each for each in cases("http://elsewhere/")}
MEBIBYTE = 1024 * 1024
# Printable ASCII and, as UTF-8, what is beyond: no control byte, and so no line of its own.
_CLEAN = re.compile(rb"[ -~\x80-\xff]*\Z")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with played(tmp_path_factory.mktemp("stage")) as each:
        yield each


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_an_event_is_settled_or_kept_with_the_reason(stage: Stage, case: Case) -> None:
    found = stage.fates[case.name]

    assert len(found) == ROUNDS
    assert {(fate.attempts, fate.status) for fate in found} == {
        (case.fate.attempts, case.fate.status)
    }
    assert all(case.fate.reason in fate.reason for fate in found), found
    assert stage.graves[case.name] == (len(found) if case.fate.status else 0)


async def test_everybody_else_is_served(stage: Stage) -> None:
    received = {each.headers["ce-id"] for each in stage.healthy.received}

    assert stage.sent_healthy > 50
    assert received == {f"healthy-{number}" for number in range(stage.sent_healthy)}
    assert len(stage.healthy.received) == stage.sent_healthy


async def test_the_dispatcher_lives_and_its_memory_is_bounded(stage: Stage) -> None:
    assert len(stage.pids) == 1
    assert stage.grown_bytes < 50 * MEBIBYTE


async def test_no_fault_of_ours_is_reported(stage: Stage) -> None:
    said = [line for line in stage.fabric.lines if re.search("internal|Traceback|Error:", line)]

    assert said == []


async def test_nobody_is_led_away_by_an_answer_or_the_environment(stage: Stage) -> None:
    assert stage.led_away == 0


async def test_what_a_producer_tells_the_broker_alone_goes_no_further(stage: Stage) -> None:
    sent = {
        (name, value) for each in stage.healthy.received for name, value in each.headers.items()
    }

    assert {name for name, _ in sent} == {
        "host", "prefer", "kn-namespace", "content-length", "content-type", "ce-specversion",
        "ce-id", "ce-source", "ce-type", "ce-knativearrivaltime", "knative-allowed",
    }  # fmt: skip
    assert "secret" not in {value for _, value in sent}


async def test_no_answer_is_taken_for_that_of_the_next_request(stage: Stage) -> None:
    acts = [case.act for case in stage.cases if isinstance(case.act, SecondAnswers)]

    assert acts
    assert all(act.requests == [1] * ROUNDS for act in acts), [a.requests for a in acts]


async def test_nothing_in_a_reply_becomes_a_line_of_its_own(stage: Stage) -> None:
    lines = [line for head in stage.reply_heads for line in head[:-4].split(b"\r\n")]
    names = {line.partition(b":")[0] for line in lines[1:] if not line.startswith(b"POST ")}

    assert all(_CLEAN.match(line) for line in lines)
    assert names == {
        b"host", b"prefer", b"kn-namespace", b"content-length", b"content-type", b"ce-specversion",
        b"ce-id", b"ce-source", b"ce-type", b"ce-x", b"ce-dataschema", b"ce-knativearrivaltime",
    }  # fmt: skip


async def test_hops_are_counted_from_the_original(stage: Stage) -> None:
    assert stage.reply_hops == {HOPS_SENT - 2}

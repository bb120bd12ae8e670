"""What becomes of a webhook: its event's lag, and what the status says of it."""

import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from poplin.metrics import Counts
from poplin.sender import Sender
from sources.standing import Standing
from sources.tally import Tally
from sources.webhooks.answers import SILENT
from sources.webhooks.hook import Hook
from sources.webhooks.values import Request
from tests.fabric import Subscriber
from tests.sources.stage import GOOD, KEY, counted, hook


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    each = Sender()
    yield each
    await each.close()


def _hook(sender: Sender, sink: Subscriber, counts: Counts | None = None) -> Hook:
    return hook(KEY, sender, Tally(counts or Counts()), sink.url, Standing(), emit_timeout_s=5)


def _request(**more: str) -> Request:
    return Request(GOOD, orjson.dumps({"id": "1", "more": more}), time.time())


def _time(seconds_ago: float) -> str:
    return datetime.fromtimestamp(time.time() - seconds_ago, UTC).isoformat()


async def test_the_lag_is_since_the_event_happened(sender: Sender, sink: Subscriber) -> None:
    taker = _hook(sender, sink)

    await taker.take(_request(time=_time(3600)))

    assert taker.standing.lag_s is not None
    assert 3600 <= taker.standing.lag_s < 3700


@pytest.mark.parametrize(
    "time", [None, "yesterday", _time(-3600)], ids=["no time", "no date", "to come"]
)
async def test_the_lag_is_since_the_webhook_came_where_no_past_time_is_said(
    sender: Sender, sink: Subscriber, time: str | None
) -> None:
    taker = _hook(sender, sink)

    await taker.take(_request(**({} if time is None else {"time": time})))

    assert taker.standing.lag_s is not None
    assert 0 <= taker.standing.lag_s < 60


async def test_an_override_goes_before_what_the_mapper_says(
    sender: Sender, sink: Subscriber
) -> None:
    await _hook(sender, sink).take(_request(team="sales", region="eu"))

    (got,) = sink.received
    assert (got.headers["ce-team"], got.headers["ce-region"]) == ("billing", "eu")


async def test_a_sink_that_takes_nothing_of_that_size_is_told_with_the_size(
    sender: Sender, sink: Subscriber
) -> None:
    sink.answer = lambda _: (413, "", b"")
    taker, request = _hook(sender, sink), _request()

    answer = await taker.take(request)

    accepted = taker.standing.conditions()[-1]
    assert (answer.status, answer.reason) == (413, "too_large")
    assert accepted.reason == "EventTooLarge"
    assert f"{len(request.body)} bytes" in accepted.message
    assert f"{len(request.body)} bytes" in answer.body.decode()


async def test_the_provider_is_passed_on_how_long_the_sink_wants_to_be_left_alone(
    sender: Sender, sink: Subscriber
) -> None:
    sink.answer = lambda _: (429, "retry-after: 60\r\n", b"")

    answer = await _hook(sender, sink).take(_request())

    assert (answer.status, answer.reason) == (503, "sink_away")
    assert (b"retry-after", b"60") in answer.headers


async def test_who_would_show_an_answer_to_a_person_gets_an_empty_one(
    sender: Sender, sink: Subscriber
) -> None:
    answer = await replace(_hook(sender, sink), accepted=SILENT).take(_request())

    assert (answer.status, answer.body) == (200, b"")
    assert len(sink.received) == 1


async def test_what_is_not_verified_is_not_received(sender: Sender, sink: Subscriber) -> None:
    counts = Counts()
    taker = _hook(sender, sink, counts)

    answer = await taker.take(Request({}, b'{"id": "1"}', time.time()))

    assert answer.status == 401
    assert b"www-authenticate" in dict(answer.headers)
    assert counted(counts) == {}
    assert taker.standing.conditions()[0].status == "Unknown"
    assert sink.received == []

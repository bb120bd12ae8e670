"""What the intake says of events that the store does not take."""

import asyncio
from collections.abc import Sequence

import structlog
from redis.asyncio import Redis

from ingress.admission import Admission
from ingress.answers import Answer
from ingress.brokers import Brokers
from ingress.intake import Intake
from ingress.tally import Tally
from poplin.catalog import BrokerRecord, publish
from poplin.errors import StoreUnavailableError
from poplin.log import Appender, Entry, Keyed, Log
from poplin.log.appender import Done
from poplin.metrics import Counts

HEADERS = [
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"1"),
    (b"ce-type", b"t"),
    (b"ce-source", b"/s"),
]


async def test_a_store_that_answers_and_refuses_is_told_of_once_in_a_while(redis: Redis) -> None:
    brokers = Brokers(redis, Tally(Counts()))
    brokers.follow(await publish(redis, [BrokerRecord(namespace="n", name="b")], []))
    intake = Intake(brokers, Admission(brokers), Tally(Counts()))
    intake.is_open = True
    stream = Log(redis, "n/b").keys.log
    await redis.delete(stream)
    await redis.set(stream, "not a stream")

    with structlog.testing.capture_logs() as lines:
        answers = [await _answer(intake) for _ in range(3)]

    await brokers.close()
    assert all(answer.status == 503 for answer in answers)
    assert [line["event"] for line in lines] == ["events are not stored"]
    assert "WRONGTYPE" in lines[0]["why"]


async def test_that_the_store_is_away_is_said_elsewhere(redis: Redis) -> None:
    """Once, by its client, however many events come meanwhile."""
    brokers = Brokers(redis, Tally(Counts()))
    brokers._doors = {"n/b": _Away()}
    intake = Intake(brokers, Admission(brokers), Tally(Counts()))
    intake.is_open = True

    with structlog.testing.capture_logs() as lines:
        answer = await _answer(intake)

    assert answer.status == 503
    assert lines == []


class _Away(Appender):
    def __init__(self) -> None:
        super().__init__()

    def add(self, entries: Sequence[Entry], done: Done, _keys: Sequence[Keyed] = ()) -> None:  # noqa: ARG002 - nothing is stored
        done(StoreUnavailableError("connection refused"))


async def _answer(intake: Intake) -> Answer:
    answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    intake.take(b"POST", b"/n/b", HEADERS, b"", answer.set_result)
    return await answer

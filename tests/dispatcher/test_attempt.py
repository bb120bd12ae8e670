"""What becomes of an attempt, for the cases that a whole fabric reaches only by crashes and loops."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from dispatcher.attempt import Attempter
from dispatcher.delivery import Buried, Deferred, Delivery
from dispatcher.lane import Lane
from poplin.catalog import DeliveryPolicy, TriggerRecord
from poplin.codec import to_entry
from poplin.errors import StoreUnavailableError
from poplin.event import AttributeValue, Event
from poplin.log import Entry, LogId, Token
from poplin.sender import Sender
from tests.fabric import Subscriber, subscriber

REPLY = "ce-specversion: 1.0\r\nce-id: r\r\nce-type: t\r\nce-source: /r\r\n"


class Replies:
    """Stands where the broker's appender does."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.entries: list[Entry] = []

    async def append(self, entry: Entry) -> None:
        if self.failure is not None:
            raise self.failure
        self.entries.append(entry)


@pytest.fixture
async def peer() -> AsyncIterator[Subscriber]:
    async with subscriber() as each:
        yield each


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    each = Sender()
    yield each
    await each.close()


def delivery(url: str, *, sink: str | None = None, hops: int = 255, **more: Any) -> Delivery:
    record = TriggerRecord(
        uid="u", namespace="n", name="t", broker="b", subscriber_uri=url,
        delivery=DeliveryPolicy(retry=1, dead_letter_uri=sink),
    )  # fmt: skip
    attributes: dict[str, AttributeValue] = {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "t",
        "knativebrokerttl": hops,
    }
    entry = Entry(*to_entry(Event(attributes, b"data")))
    return Delivery(Lane(record), LogId(b"1-0"), Token(-1), entry, **more)


def attempter(sender: Sender, replies: Replies) -> Attempter:
    return Attempter(sender, replies)  # type: ignore[arg-type]


async def test_an_entry_whose_leases_ran_out_too_often_is_buried_unsent(
    peer: Subscriber, sender: Sender
) -> None:
    outcome = await attempter(sender, Replies()).attempt(delivery(peer.url, crashes=5))

    assert isinstance(outcome, Buried)
    assert "poison" in json.loads(outcome.grave)["reason"]
    assert peer.received == []


async def test_a_sink_that_refuses_for_good_leaves_both_reasons(
    peer: Subscriber, sender: Sender
) -> None:
    peer.answer = lambda _: (400, "", b"")
    first = await attempter(sender, Replies()).attempt(delivery(peer.url, sink=peer.url))
    assert isinstance(first, Buried)

    second = await attempter(sender, Replies()).attempt(
        delivery(peer.url, sink=peer.url, grave=first.grave)
    )

    assert isinstance(second, Buried)
    assert (first.has_sink, second.has_sink) == (True, False)
    grave = json.loads(second.grave)
    assert (grave["reason"], grave["sink_reason"]) == ("answered 400", "answered 400")


async def test_a_reply_without_hops_left_buries_the_original(
    peer: Subscriber, sender: Sender
) -> None:
    peer.answer = lambda _: (200, REPLY, b"")
    replies = Replies()

    outcome = await attempter(sender, replies).attempt(delivery(peer.url, hops=1))

    assert isinstance(outcome, Buried)
    assert "used up its hops" in outcome.reason
    assert replies.entries == []


async def test_a_reply_has_one_hop_fewer(peer: Subscriber, sender: Sender) -> None:
    peer.answer = lambda _: (200, REPLY, b"")
    replies = Replies()

    await attempter(sender, replies).attempt(delivery(peer.url, hops=9))

    assert json.loads(replies.entries[0].attributes)["knativebrokerttl"] == 8


async def test_a_202_never_carries_a_reply(peer: Subscriber, sender: Sender) -> None:
    peer.answer = lambda _: (202, REPLY, b"")
    replies = Replies()

    await attempter(sender, replies).attempt(delivery(peer.url))

    assert replies.entries == []


async def test_a_reply_that_cannot_be_stored_leaves_the_delivery_unsettled(
    peer: Subscriber, sender: Sender
) -> None:
    peer.answer = lambda _: (200, REPLY, b"")

    outcome = await attempter(sender, Replies(StoreUnavailableError("away"))).attempt(
        delivery(peer.url)
    )

    assert isinstance(outcome, Deferred)
    assert not outcome.counts

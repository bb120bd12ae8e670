"""What becomes of an attempt, for the cases that a whole fabric reaches only by crashes and loops."""

import json
import resource
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from dispatcher.attempt import Attempter
from dispatcher.delivery import Buried, Deferred, Delivery, Settled
from dispatcher.lane import Lane
from dispatcher.tally import Tally
from dispatcher.trigger import ServedTrigger
from poplin.budget import Budget
from poplin.catalog import DeliveryPolicy, TriggerRecord
from poplin.codec import to_entry
from poplin.errors import StoreUnavailableError
from poplin.event import AttributeValue, Event
from poplin.grave import Grave, parse_grave
from poplin.log import Entry, Keyed, LogId, Token
from poplin.sender import Sender
from tests.fabric import Subscriber, subscriber

REPLY = "ce-specversion: 1.0\r\nce-id: r\r\nce-type: t\r\nce-source: /r\r\n"


class Replies:
    """Stands where the broker's appender does."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.entries: list[Entry] = []

    async def append(self, entry: Entry, _key: Keyed) -> None:
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


def delivery(
    url: str,
    *,
    sink: str | None = None,
    hops: int = 255,
    trigger: Mapping[str, Any] | None = None,
    kept: Mapping[str, str] | None = None,
    **more: Any,
) -> Delivery:
    record = TriggerRecord(
        uid="u", namespace="n", name="t", broker="b", subscriber_uri=url,
        delivery=DeliveryPolicy(retry=1, dead_letter_uri=sink), **trigger or {},
    )  # fmt: skip
    attributes: dict[str, AttributeValue] = {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "t",
        "knativebrokerttl": hops,
    }
    attributes |= dict.fromkeys(kept or {}, "a b")
    entry = Entry(*to_entry(Event(attributes, b"data", kept=kept or {})))
    lane = Lane(ServedTrigger(record, Budget(0)), lambda _: None)
    return Delivery(lane, LogId(b"1-0"), Token(-1), entry, **more)


def attempter(sender: Sender, replies: Replies) -> Attempter:
    return Attempter(sender, replies, Tally())  # type: ignore[arg-type]


async def test_an_entry_whose_leases_ran_out_too_often_is_buried_unsent(
    peer: Subscriber, sender: Sender
) -> None:
    outcome = await attempter(sender, Replies()).attempt(delivery(peer.url, crashes=5))

    assert isinstance(outcome, Buried)
    assert "poison" in json.loads(outcome.grave)["reason"]
    assert peer.received == []


async def test_a_fault_of_ours_counts_as_an_attempt_and_ends_as_a_dead_letter(
    sender: Sender,
) -> None:
    broken = attempter(sender, Replies()).broken

    first = broken(delivery("http://h/"), ZeroDivisionError())
    last = broken(delivery("http://h/", tries=1), ZeroDivisionError())

    assert isinstance(first, Deferred)
    assert (first.reason, first.counts) == ("internal error: ZeroDivisionError", True)
    assert isinstance(last, Buried)


@pytest.mark.parametrize("grave", [b"", b"{}", b"[]", b"null", b"{"])
async def test_a_grave_that_cannot_be_read_keeps_no_event_from_its_sink(
    peer: Subscriber, sender: Sender, grave: bytes
) -> None:
    outcome = await attempter(sender, Replies()).attempt(
        delivery("http://h/", sink=peer.url, tries=1, grave=grave)
    )

    assert isinstance(outcome, Settled)
    assert len(peer.received) == 1


GRAVE = Grave(reason="r", status=1, destination="d", attempts=1, first_us=1, last_us=2).to_json()


@pytest.mark.parametrize("grave", [None, GRAVE])
async def test_a_replayed_event_says_so_and_is_the_same_otherwise(
    peer: Subscriber, sender: Sender, grave: bytes | None
) -> None:
    """To the subscriber as to the dead-letter sink."""
    for replay in (None, "r1"):
        await attempter(sender, Replies()).attempt(
            delivery(peer.url, sink=peer.url, grave=grave, replay=replay)
        )

    first, again = peer.received
    assert again.headers.pop("ce-poplinreplay") == "r1"
    assert (again.headers, again.data) == (first.headers, first.data)


async def test_it_is_no_attempt_when_this_process_has_no_file_left(
    peer: Subscriber, sender: Sender
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
    try:
        outcome = await attempter(sender, Replies()).attempt(delivery(peer.url, tries=1))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert isinstance(outcome, Deferred)
    assert not outcome.counts
    assert "open files" in outcome.reason


def test_a_grave_of_a_later_release_is_read() -> None:
    grave = Grave(reason="r", status=1, destination="d", attempts=1, first_us=1, last_us=2)

    assert parse_grave(grave.to_json()[:-1] + b',"new":1}') == grave


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


@pytest.mark.parametrize(
    ("policy", "status", "answer", "expected"),
    [
        ("ignore", 200, b"OK", "answer ignored: its body is no CloudEvent"),
        ("ignore", 201, b"", ""),
        ("ignore", 202, b"accepted", ""),
        ("strict", 202, b"accepted", ""),
        ("strict", 200, b"", ""),
        ("strict", 204, b"", ""),
    ],
)
async def test_a_success_notes_what_it_ignored(
    peer: Subscriber, sender: Sender, policy: str, status: int, answer: bytes, expected: str
) -> None:
    peer.answer = lambda _: (status, "", answer)

    outcome = await attempter(sender, Replies()).attempt(
        delivery(peer.url, trigger={"reply_policy": policy})
    )

    assert outcome == Settled(status, expected)


async def test_a_strict_trigger_takes_a_body_that_is_no_event_for_a_failure(
    peer: Subscriber, sender: Sender
) -> None:
    peer.answer = lambda _: (200, "content-type: text/plain\r\n", b"OK")
    strict = {"reply_policy": "strict"}
    attempt = attempter(sender, Replies()).attempt

    first = await attempt(delivery(peer.url, trigger=strict))
    last = await attempt(delivery(peer.url, trigger=strict, tries=1))

    assert isinstance(first, Deferred)
    assert (first.status, first.counts) == (502, True)
    assert isinstance(last, Buried)
    told = b64decode(json.loads(last.grave)["body"])
    assert told == b"dispatch error: answered 200, with a body that is no CloudEvent"


@pytest.mark.parametrize(("encoding", "sent"), [("keep", "a b"), ("spec", "a%20b")])
async def test_header_text_is_kept_or_encoded_anew(
    peer: Subscriber, sender: Sender, encoding: str, sent: str
) -> None:
    await attempter(sender, Replies()).attempt(
        delivery(peer.url, trigger={"header_encoding": encoding}, kept={"x": "a b"})
    )

    assert peer.received[0].headers["ce-x"] == sent


async def test_a_dead_letter_that_had_no_answer_says_so_as_knative_does(sender: Sender) -> None:
    outcome = await attempter(sender, Replies()).attempt(delivery("http://127.0.0.1:1/", tries=1))

    assert isinstance(outcome, Buried)
    grave = json.loads(outcome.grave)
    assert grave["status"] == 500
    assert b64decode(grave["body"]).startswith(b"dispatch error: ")

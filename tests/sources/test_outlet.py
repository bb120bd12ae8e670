"""An event goes to its sink for as long as it takes, unless the sink refuses it for good."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
import structlog

from poplin.catalog import Condition
from poplin.errors import ConfigurationError
from poplin.event import Event
from poplin.metrics import Counts
from poplin.sender import Sender
from sources import outlet as module
from sources.complaints import Complaints
from sources.emit import Emitter, SinkError
from sources.outlet import Outlet, Outlets
from sources.standing import Standing
from sources.tally import Tally
from sources.turn import TurnLostError
from tests.fabric import Subscriber, subscriber
from tests.sources.active.world import source
from tests.sources.stage import counted
from tests.waiting import until

KEY = "PingSource/default/shop"
EVENT = Event({"specversion": "1.0", "id": "7", "source": "/s", "type": "t"}, b'{"a": 1}')


@dataclass
class InHand:
    """A turn that is ours for so many attempts."""

    attempts: int = 1_000
    key: str = "turn"
    token: str = "ours"  # noqa: S105 - of a turn

    def check(self) -> None:
        self.attempts -= 1
        if self.attempts < 0:
            raise TurnLostError("it is another's")


@dataclass
class Scene:
    sender: Sender
    counts: Counts = field(default_factory=Counts)
    standing: Standing = field(default_factory=lambda: Standing(takes_webhooks=False))

    def outlet(self, url: str | None, timeout_s: float = 0.2) -> Outlet:
        outlets = Outlets(
            emitter=Emitter(self.sender),
            emit_timeout_s=timeout_s,
            tally=Tally(self.counts),
            lost=Complaints(what="lost"),
            waiting=Complaints(what="waiting"),
        )
        return outlets.open(source(sink_uri=url, overrides=(("team", "a"),)), self.standing)

    @property
    def accepted(self) -> Condition:
        found = {each.type: each for each in self.standing.conditions()}
        return found.get("EventsAccepted", Condition("EventsAccepted", "Unknown"))


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(module, "_FIRST_PAUSE_S", 0.05)
    sender = Sender()
    yield Scene(sender)
    await sender.close()


def _answers(peer: Subscriber, *statuses: int) -> None:
    left = iter(statuses)
    peer.answer = lambda _: (next(left, 202), "", b"")


async def test_an_event_that_the_sink_takes_is_counted_and_shown(scene: Scene) -> None:
    async with subscriber() as peer:
        took = await scene.outlet(peer.url).put(EVENT, InHand(), happened_s=time.time() - 60)

    (got,) = peer.received
    assert took
    assert (got.headers["ce-id"], got.headers["ce-team"], got.data) == ("7", "a", EVENT.data)
    assert scene.accepted == Condition("EventsAccepted", "True")
    assert counted(scene.counts) == {f"received_total/{KEY}": 1, f"emitted_total/{KEY}": 1}
    assert scene.standing.lag_s is not None
    assert 60 <= scene.standing.lag_s < 120


async def test_without_a_time_the_lag_counts_from_now(scene: Scene) -> None:
    async with subscriber() as peer:
        await scene.outlet(peer.url).put(EVENT, InHand())

    assert scene.standing.lag_s is not None
    assert 0 <= scene.standing.lag_s < 30


@pytest.mark.parametrize(
    ("status", "reason", "refused"),
    [
        (400, "SinkRefuses", "sink_refuses"),
        (413, "EventTooLarge", "too_large"),
        (415, "SinkRefuses", "sink_refuses"),
        (422, "SinkRefuses", "sink_refuses"),
    ],
)
async def test_what_the_sink_refuses_for_good_is_told_and_not_tried_again(
    scene: Scene, status: int, reason: str, refused: str
) -> None:
    async with subscriber() as peer:
        _answers(peer, status)
        outlet = scene.outlet(peer.url)
        with structlog.testing.capture_logs() as lines:
            took = await outlet.put(EVENT, InHand())
        shown = scene.accepted
        took_next = await outlet.put(EVENT, InHand())

    assert (took, took_next, len(peer.received)) == (False, True, 2)
    assert (shown.status, shown.reason) == ("False", reason)
    assert scene.accepted.status == "True"
    assert counted(scene.counts)[f"refused_total/{KEY}/{refused}"] == 1
    assert [(each["event"], each["why"]) for each in lines] == [
        ("lost", f"event 7: the sink answered {status}")
    ]


@pytest.mark.parametrize("status", [302, 401, 403, 404, 405, 410, 429, 500, 503])
async def test_what_can_be_mended_is_tried_until_it_is(scene: Scene, status: int) -> None:
    async with subscriber() as peer:
        peer.answer = lambda _: (status, "", b"")
        with structlog.testing.capture_logs() as lines:
            putting = asyncio.create_task(scene.outlet(peer.url).put(EVENT, InHand()))
            await until(lambda: scene.accepted.status == "False")
        shown = scene.accepted
        _answers(peer)

        assert await putting

    assert shown.reason in ("SinkAway", "SinkRefuses")
    assert str(status) in shown.message
    assert scene.accepted.status == "True"
    assert {each["event"] for each in lines} == {"waiting"}
    assert len({each.headers["ce-id"] for each in peer.received}) == 1


async def test_a_sink_that_is_not_there_gets_the_event_once_it_is(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    putting = asyncio.create_task(scene.outlet(f"http://127.0.0.1:{port}/").put(EVENT, InHand()))
    await until(lambda: scene.accepted.reason == "SinkAway")

    server = await asyncio.start_server(_accept_one, "127.0.0.1", port)
    assert await putting
    server.close()

    assert scene.accepted.status == "True"


async def _accept_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_a_sink_may_say_when_to_come_again(scene: Scene) -> None:
    async with subscriber() as peer:
        answers = iter([(503, "retry-after: 1\r\n", b"")])
        peer.answer = lambda _: next(answers, (202, "", b""))
        began = time.monotonic()
        await scene.outlet(peer.url).put(EVENT, InHand())
        seconds = time.monotonic() - began

    assert len(peer.received) == 2
    assert seconds >= 0.9


async def test_who_lost_the_turn_sends_nothing_more(scene: Scene) -> None:
    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        with pytest.raises(TurnLostError):
            await scene.outlet(peer.url).put(EVENT, InHand(attempts=2))

    assert len(peer.received) == 2


async def test_events_do_not_wait_for_each_other(scene: Scene) -> None:
    async with subscriber() as peer:
        peer.answer = lambda got: (202 if got.headers["ce-id"] == "8" else 503, "", b"")
        outlet = scene.outlet(peer.url)
        waiting = asyncio.create_task(outlet.put(EVENT, InHand()))
        await peer.wait_for(1)

        assert await outlet.put(EVENT.with_attributes({"id": "8"}), InHand())
        waiting.cancel()


async def test_there_is_no_way_without_a_sink(scene: Scene) -> None:
    with pytest.raises(ConfigurationError, match=f"{KEY} has no sink"):
        scene.outlet(None)


@pytest.mark.parametrize("asked_s", [0.0, 20.0, 1e9])
def test_pauses_grow_to_half_a_minute_and_no_sink_stops_a_source_for_ever(asked_s: float) -> None:
    error = SinkError("no", 503, "5xx", asked_s)
    pauses = [module._wait_s(number, error) for number in (1, 2, 20)]

    assert max(0.5, min(asked_s, 3600)) <= pauses[0] <= max(1.0, min(asked_s, 3600))
    assert max(1.0, min(asked_s, 3600)) <= pauses[1] <= max(2.0, min(asked_s, 3600))
    assert max(15.0, min(asked_s, 3600)) <= pauses[2] <= max(30.0, min(asked_s, 3600))

"""An event goes to its sink, with a few attempts in a short time."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from poplin.event import Event
from poplin.sender import Sender, Target
from sources.emit import Emitter, SinkError
from sources.turn import TurnLostError
from tests.fabric import Subscriber, subscriber

EVENT = Event(
    {
        "specversion": "1.0",
        "id": "1",
        "source": "/s",
        "type": "t",
        "subject": "grün",
        "datacontenttype": "application/json",
    },
    b'{"a": 1}',
)


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    each = Sender()
    yield each
    await each.close()


async def _emit(
    sender: Sender, url: str, *, within_s: float = 5.0, jitter: float = 0.5
) -> list[str]:
    """The failures on the way; raises SinkError."""
    failures: list[str] = []
    deadline = asyncio.get_running_loop().time() + within_s
    emitter = Emitter(sender, lambda: jitter)
    try:
        await emitter.emit(Target.parse(url), EVENT, deadline, failures.append)
    except SinkError as error:
        error.add_note(" ".join(failures))
        raise
    return failures


def _answers(peer: Subscriber, *answers: tuple[int, str]) -> None:
    left: Iterator[tuple[int, str]] = iter(answers)
    peer.answer = lambda _: (*next(left, (202, "")), b"")


async def test_an_event_goes_out_in_binary_mode(sender: Sender) -> None:
    async with subscriber() as peer:
        assert await _emit(sender, f"{peer.url}/default/b") == []
        (got,) = peer.received

    assert (got.path, got.data) == ("/default/b", EVENT.data)
    assert got.headers["ce-subject"] == "gr%C3%BCn"
    assert got.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [404, 408, 409, 425, 429, 500, 503])
async def test_what_passes_by_itself_is_tried_again(sender: Sender, status: int) -> None:
    async with subscriber() as peer:
        _answers(peer, (status, ""), (status, ""))
        failures = await _emit(sender, peer.url)

    assert len(failures) == 2
    assert len(peer.received) == 3
    assert len({each.headers["ce-id"] for each in peer.received}) == 1


@pytest.mark.parametrize(
    ("status", "failure"), [(302, "3xx"), (400, "4xx"), (413, "4xx"), (403, "4xx")]
)
async def test_what_would_fail_again_is_not_tried_again(
    sender: Sender, status: int, failure: str
) -> None:
    """Redirects are not followed."""
    async with subscriber() as peer:
        _answers(peer, (status, f"location: {peer.url}/other\r\n"))
        with pytest.raises(SinkError) as caught:
            await _emit(sender, peer.url)

    assert (caught.value.status, caught.value.is_final) == (status, True)
    assert caught.value.__notes__ == [failure]
    assert len(peer.received) == 1


async def test_a_sink_that_comes_up_gets_the_event(sender: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    emitting = asyncio.create_task(_emit(sender, f"http://127.0.0.1:{port}/"))
    await asyncio.sleep(0.05)

    server = await asyncio.start_server(_accept_one, "127.0.0.1", port)
    failures = await emitting
    server.close()

    assert set(failures) == {"connect"}


async def _accept_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_a_sink_that_stays_away_is_given_up_by_the_deadline(sender: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(SinkError) as caught:
        await _emit(sender, url, within_s=0.5)
    seconds = loop.time() - began

    assert (caught.value.status, caught.value.is_final) == (None, False)
    assert len(caught.value.__notes__[0].split()) >= 3
    assert seconds < 5  # usually less than the half


async def test_a_sink_that_does_not_answer_is_given_up_by_the_deadline(sender: Sender) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(SinkError) as caught:
            await _emit(sender, url, within_s=0.2)

    assert caught.value.__notes__ == ["timeout"]


async def test_a_sink_may_say_when_to_come_again(sender: Sender) -> None:
    loop = asyncio.get_running_loop()
    async with subscriber() as peer:
        _answers(peer, (503, "retry-after: 1\r\n"))
        began = loop.time()
        await _emit(sender, peer.url)
        seconds = loop.time() - began

    assert seconds >= 0.9


async def test_a_sink_that_wants_to_be_left_alone_for_long_is(sender: Sender) -> None:
    async with subscriber() as peer:
        _answers(peer, (429, "retry-after: 60\r\n"))
        with pytest.raises(SinkError) as caught:
            await _emit(sender, peer.url)

    assert (caught.value.status, caught.value.retry_after_s) == (429, 60.0)
    assert len(peer.received) == 1


async def test_before_each_attempt_is_asked_whether_it_may_be(sender: Sender) -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 3:
            raise TurnLostError("it is another's")

    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        deadline = asyncio.get_running_loop().time() + 5
        with pytest.raises(TurnLostError):
            await Emitter(sender, lambda: 0.5).emit(
                Target.parse(peer.url), EVENT, deadline, lambda _: None, check=check
            )

    assert len(peer.received) == 2

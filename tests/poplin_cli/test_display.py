"""`poplin display`: a subscriber for trying things out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from poplin.codec import decode
from poplin.event import Event
from poplin_cli.display.answers import Behaviour, Decider
from poplin_cli.display.receiver import Receiver
from tests.fabric import event_headers

EVENT = Event({"specversion": "1.0", "id": "1", "type": "t", "source": "/s"}, b"data")
PLAIN = Behaviour()


@dataclass
class Displayed:
    """A receiver and what it has printed."""

    client: httpx.AsyncClient
    stop: asyncio.Event
    lines: list[str] = field(default_factory=list)

    async def post(self, event: str, data: bytes = b"{}", **more: str) -> httpx.Response:
        return await self.client.post("/", headers=event_headers(event, **more), content=data)

    @property
    def headlines(self) -> list[str]:
        return [line[9:] for line in self.lines if not line.startswith(" ")]


@asynccontextmanager
async def displayed(
    behaviour: Behaviour = PLAIN, *, as_json: bool = False, count: int | None = None
) -> AsyncIterator[Displayed]:
    stop, lines = asyncio.Event(), list[str]()
    receiver = Receiver(
        behaviour,
        lines.append,
        stop,
        output="json" if as_json else "text",
        count=count,
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(receiver), base_url="http://display"
    ) as client:
        yield Displayed(client, stop, lines)


async def test_an_event_is_shown_with_its_attributes_and_its_json_laid_out() -> None:
    async with displayed() as shown:
        answer = await shown.post("A-1", b'{"amount":7}', **{"ce-subject": "us"})

    assert answer.status_code == 202
    assert shown.lines[0][9:] == "test.wanted A-1 from /test: attempt 1, answered 202"
    assert shown.lines[1:] == [
        "  datacontenttype  application/json",
        "  subject          us",
        "  {",
        '    "amount": 7',
        "  }",
    ]


async def test_nothing_of_an_event_steers_the_terminal() -> None:
    async with displayed() as shown:
        await shown.post("1", "a\x1b[2J\u202eb\x07\nnext".encode())
        await shown.post("%E2%80%AE", b"\xff\x00")

    assert shown.lines[2:4] == [r"  a\x1b[2J\u202eb\x07", "  next"]
    assert shown.lines[-1] == "  2 bytes that are not text"
    assert all(line.isprintable() for line in shown.lines)


async def test_a_repeat_is_told_by_its_number() -> None:
    async with displayed() as shown:
        for event in ("a", "b", "a"):
            await shown.post(event)

    assert [line.partition(": ")[2] for line in shown.headlines] == [
        "attempt 1, answered 202",
        "attempt 1, answered 202",
        "attempt 2, answered 202",
    ]


async def test_the_first_requests_fail_as_many_as_asked() -> None:
    async with displayed(Behaviour(fail=2, status=503)) as shown:
        statuses = [(await shown.post("a")).status_code for _ in range(3)]

    assert statuses == [503, 503, 202]


async def test_a_reply_carries_the_data_and_an_id_that_a_repeat_repeats() -> None:
    async with displayed(Behaviour(reply_type="order.paid")) as shown:
        first, second = [await shown.post("a", b"[1]") for _ in range(2)]

    reply = decode(first.headers.raw, first.content)
    assert reply == decode(second.headers.raw, second.content)
    assert (reply.attributes["type"], reply.attributes["id"]) == ("order.paid", "reply-a")
    assert reply.data == b"[1]"


@pytest.mark.parametrize(
    ("rate", "statuses"), [(2.0, [202, 202, 429, 202]), (0.5, [202, 429, 429, 202])]
)
def test_more_than_the_rate_is_429(rate: float, statuses: list[int]) -> None:
    times = iter([10.0, 10.1, 10.2, 12.5])
    decider = Decider(Behaviour(rate=rate), lambda: next(times))

    assert [decider.answer(EVENT).status for _ in range(4)] == statuses


async def test_json_is_an_object_a_line() -> None:
    async with displayed(as_json=True) as shown:
        await shown.post("a", b"\xff")

    line = orjson.loads(shown.lines[0])
    assert (line["attributes"]["id"], line["data"], line["dataBase64"]) == ("a", None, "/w==")
    assert (line["attempt"], line["answered"], line["bytes"]) == (1, 202, 1)


async def test_what_is_no_event_is_refused_and_said() -> None:
    async with displayed() as shown:
        answer = await shown.client.post("/", content=b"hello")

    assert answer.status_code == 400
    assert shown.lines[0].startswith("not an event: this is no CloudEvent")


async def test_it_ends_after_so_many_requests_without_waiting_for_a_delay() -> None:
    async with displayed(Behaviour(delay_s=0.01), count=2) as shown:
        await shown.post("a")
        assert not shown.stop.is_set()
        await shown.post("b")

    assert shown.stop.is_set()

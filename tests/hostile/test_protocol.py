"""What holds for any bytes on a connection, however they are cut into packets."""

import asyncio
import time
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingress.bounds import Bounds
from ingress.intake import Intake
from tests.hostile.http_cases import CASES, FOLLOWING, Case, post
from tests.hostile.inprocess import Line
from tests.hostile.wire import answers_in

SMALL = [case for case in CASES if len(case.sent) < 20_000]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: f"{case.section} {case.name}"[:60])
async def test_a_request_in_packets_of_a_byte_has_the_same_fate(case: Case) -> None:
    line = Line()

    await line.feed(*(bytes([byte]) for byte in case.sent + FOLLOWING))

    statuses = [each.status for each in answers_in(line.wire.written)]
    assert statuses == [*case.statuses, *([] if case.closes else [202])]
    assert len(line.entries) == case.events + (not case.closes)
    assert line.bounds.held == 0


async def test_nothing_is_taken_behind_a_request_that_closes() -> None:
    """Whatever is wrong with what comes behind that."""
    line = Line()
    good = post(b"Host: h", b"Content-Length: 0")
    closing = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"

    await line.feed(good + closing + good + b"NONSENSE")

    assert _statuses(line) == [202, 405]
    assert len(line.entries) == 1


async def test_an_interim_answer_waits_for_the_answers_before_it() -> None:
    line = Line()
    expecting = post(b"Host: h", b"Expect: 100-continue", b"Content-Length: 2")

    await line.feed(post(b"Host: h") + expecting, b"hi")

    assert [each.status for each in answers_in(line.wire.written)] == [202, 100, 202]


async def test_a_fault_of_ours_is_an_answer_and_costs_nobody_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Faulty(Intake):
        def take(self, *request: Any, **named: Any) -> None:
            if b"secret" in request:
                raise ValueError("secret")
            super().take(*request, **named)

    line = Line(intake=Faulty)
    good = post(b"Host: h", b"Content-Length: 0")

    await line.feed(good + post(b"Host: h", b"Content-Length: 6", body=b"secret") + good)

    assert _statuses(line) == [202, 500, 202]
    said = capsys.readouterr().out
    assert "ValueError" in said
    assert "secret" not in said


async def test_pipelined_requests_are_bounded() -> None:
    line = Line()
    good = post(b"Host: h", b"Content-Length: 0")

    await line.feed(good + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n" * 5000)

    assert _statuses(line) == [202] + [405] * 512 + [503]


async def test_a_body_in_small_chunks_costs_what_its_bytes_cost() -> None:
    line = Line()
    head = post(b"Host: h", b"Transfer-Encoding: chunked")
    chunks = b"2\r\nhi\r\n" * 400_000
    began = time.process_time()
    tracemalloc.start()

    line.protocol.data_received(head)
    for start in range(0, len(chunks), 65536):
        line.protocol.data_received(chunks[start : start + 65536])
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    taken_s = time.process_time() - began

    assert line.bounds.held == 800_000
    assert kept < 2_000_000
    assert taken_s < 4


def _mutated(draw: st.DrawFn) -> bytes:
    cases = draw(st.lists(st.sampled_from(SMALL), min_size=1, max_size=3))
    data = b"".join(case.sent for case in cases) + FOLLOWING
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=4)))
        data = data[:start] + piece + data[end:]
    return data


async def test_a_client_that_was_refused_and_stays_is_left() -> None:
    line = Line()
    await line.feed(b"NONSENSE\r\n\r\n")
    now = asyncio.get_running_loop().time()

    line.protocol.look_after(now + 1)
    stayed_a_second = not line.wire.closed
    line.protocol.look_after(now + 3)

    assert stayed_a_second
    assert line.wire.closed


async def test_a_client_that_was_refused_and_sends_on_is_left() -> None:
    line = Line(Bounds(max_discarded_bytes=100_000))
    await line.feed(b"NONSENSE\r\n\r\n", b"x" * 100_000)
    read_on = not line.wire.closed

    await line.feed(b"x")

    assert read_on
    assert line.wire.closed


async def test_a_client_that_reads_nothing_is_left() -> None:
    line = Line()
    await line.feed(post(b"Host: h"))
    now = asyncio.get_running_loop().time()

    line.protocol.pause_writing()
    line.protocol.look_after(now + 9)
    waited = not line.wire.closed
    line.protocol.look_after(now + 11)

    assert waited
    assert line.wire.closed


async def test_a_client_that_reads_again_is_kept() -> None:
    line = Line()
    await line.feed(post(b"Host: h"))
    line.protocol.pause_writing()

    line.protocol.resume_writing()
    line.protocol.look_after(asyncio.get_running_loop().time() + 11)

    assert not line.wire.closed


async def test_incomplete_requests_count_among_all_that_is_held() -> None:
    bounds = Bounds(max_held_bytes=2000)
    line, other = Line(bounds), Line(bounds)
    part = post(b"Host: h")[:-2] + b"x: "

    await line.feed(part, b"y" * 600)
    held = bounds.held
    await other.feed(part, b"y" * 600)
    line.protocol.connection_lost(None)

    assert held == len(part) + 600
    assert _statuses(other) == [503]
    assert bounds.held == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [(b"/default/main", b"/default/%6dain/"), (b"/default/main", b"http://h/default/main"),
     (b"/not/there", b"/nor/this")],
)  # fmt: skip
async def test_no_spelling_of_a_path_gets_a_broker_more_memory(first: bytes, second: bytes) -> None:
    """Nor do paths without a broker: theirs is one share."""
    bounds = Bounds(max_held_bytes=2000)
    line, other = Line(bounds), Line(bounds)

    for each, path, announced, size in ((line, first, 1000, 700), (other, second, 300, 300)):
        head = post(b"Host: h", b"Content-Length: %d" % announced)
        await each.feed(head.replace(b"/default/main", path), b"y" * size)

    assert _statuses(line) == []
    assert _statuses(other) == [503]


_PIECES = [
    b"\r\n", b"\n", b"\r", b"\x00", b" ", b":", b",", b"0", b"chunked", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Connection: upgrade\r\nUpgrade: x\r\n", b"Host: h\r\n",
    b"HTTP/1.0", b"HTTP/1.1", b"GET /livez HTTP/1.1\r\nHost: h\r\n\r\n", b"0\r\n\r\n", b"Expect: ",
]  # fmt: skip


@given(st.composite(_mutated)(), st.lists(st.integers(1, 400), max_size=8))
def test_no_bytes_do_more_than_they_say(data: bytes, cuts: list[int]) -> None:
    """Nothing escapes or is a fault of ours; each event has a request line of its own, nothing is
    kept, and the fate does not depend on the packets."""
    whole, in_parts = asyncio.run(_fates(data, cuts))

    answers = answers_in(whole.wire.written)
    assert all(each.status != 500 for each in answers)
    assert len(whole.entries) <= data.count(b"POST ")
    assert sum(each.status == 202 for each in answers) <= len(whole.entries)
    assert (whole.bounds.held, in_parts.bounds.held) == (0, 0)
    assert [entry.data for entry in in_parts.entries] == [entry.data for entry in whole.entries]
    assert _statuses(in_parts) == _statuses(whole)


async def _fates(data: bytes, cuts: list[int]) -> tuple[Line, Line]:
    whole, in_parts = Line(), Line()
    packets, start = [], 0
    for size in cuts:
        packets.append(data[start : start + size])
        start += size
    await whole.feed(data)
    await in_parts.feed(*packets, data[start:])
    for line in (whole, in_parts):
        line.protocol.connection_lost(None)
    return whole, in_parts


def _statuses(line: Line) -> list[int]:
    """Interim answers are left out: who has sent its body already gets none."""
    return [each.status for each in answers_in(line.wire.written) if each.status >= 200]

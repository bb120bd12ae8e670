"""What the ingress counts: every event with its 202, every other answer with its reason."""

from collections import Counter

import pytest

from ingress.admission import Refused
from ingress.bounds import Bounds
from ingress.rate import RateLimitedError
from poplin.errors import (
    PoplinError,
    StoreFullError,
    StoreRefusesError,
    StoreUnavailableError,
)
from poplin.metrics import REASONS
from poplin.metrics.families import ACCEPTED, INGRESS_DURATION, REFUSED
from tests.hostile.http_cases import CASES, Case, post
from tests.hostile.inprocess import BROKER, Line
from tests.hostile.wire import answers_in

HOST = b"Host: h"
GOOD = post(HOST, b"Content-Length: 0")
BATCH = (
    b'[{"specversion":"1.0","id":"1","source":"/s","type":"t"},'
    b'{"specversion":"1.0","id":"2","source":"/s","type":"t"}]'
)


def _counted(line: Line) -> dict[str, int]:
    """Without durations."""
    taken = line.counts.take()
    return {name: count for name, count in taken.items() if not name.startswith(INGRESS_DURATION)}


def _batch(body: bytes) -> bytes:
    head = b"POST /default/main HTTP/1.1\r\nHost: h\r\ncontent-type: application/cloudevents-batch+json"
    return b"%b\r\ncontent-length: %d\r\n\r\n%b" % (head, len(body), body)


async def test_events_are_counted_with_their_answer() -> None:
    line = Line()

    await line.feed(GOOD, _batch(BATCH), _batch(BATCH), _batch(b"[]"))

    assert _counted(line) == {f"{ACCEPTED}/{BROKER}": 5}


async def test_the_time_from_the_last_byte_to_the_202_is_observed() -> None:
    line = Line()

    await line.feed(GOOD[:-4], GOOD[-4:], GOOD)

    taken = line.counts.take()
    assert taken[f"{INGRESS_DURATION}/{BROKER}/0"] == 2
    assert 0 < taken[f"{INGRESS_DURATION}/{BROKER}/us"] < 100_000


async def test_a_refused_batch_counts_once() -> None:
    line = Line()

    await line.feed(_batch(BATCH.replace(b"1.0", b"7.0")))

    assert _counted(line) == {f"{REFUSED}/{BROKER}/invalid": 1}


@pytest.mark.parametrize(
    ("sent", "series"),
    [
        (post(HOST, b"Content-Length: 0", first=b"POST /default/other HTTP/1.1"), "//unknown_broker"),
        (post(HOST, b"Content-Length: 0", first=b"POST / HTTP/1.1"), "//unknown_broker"),
        (post(HOST, b"Content-Length: 0", first=b"POST /a/b/c HTTP/1.1"), "//invalid"),
        (b"GET /default/main HTTP/1.1\r\nHost: h\r\n\r\n", "default/main/not_allowed"),
        (b"POST /default/main HTTP/1.1\r\nHost: h\r\n\r\n", "default/main/invalid"),
        (post(b"Content-Length: 0"), "//invalid"),
        (post(HOST, b"Content-Encoding: gzip", b"Content-Length: 0"), "//unsupported"),
        (post(HOST, b"Content-Length: 2000000"), "default/main/too_large"),
        (post(HOST, b"Content-Length: 99999999"), "default/main/too_large"),
        (post(HOST, b"X: " + b"x" * 200_000), "//too_large"),
    ],
)  # fmt: skip
async def test_a_refused_request_is_counted_by_broker_and_reason(sent: bytes, series: str) -> None:
    line = Line()

    await line.feed(sent + b"x" * 2_000_000 * (b"Length: 2000000" in sent))

    assert _counted(line) == {f"{REFUSED}/{series}": 1}


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (StoreUnavailableError("refused"), "store_away"),
        (StoreRefusesError("WRONGTYPE"), "store_refuses"),
        (StoreFullError("OOM"), "store_full"),
        (RateLimitedError("its limit", 1.0), "rate_limited"),
    ],
)
async def test_an_event_that_is_not_stored_is_counted_by_reason(
    failure: PoplinError, reason: str
) -> None:
    line = Line()
    line.fail(failure)

    await line.feed(GOOD)

    assert _counted(line) == {f"{REFUSED}/{BROKER}/{reason}": 1}


def test_a_broker_that_owes_too_much_and_a_full_store_are_told_apart() -> None:
    assert Refused(429, "").reason == "backlog"
    assert Refused(503, "").reason == "store_full"


async def test_a_request_that_is_not_complete_in_time_is_counted_for_its_broker() -> None:
    line = Line(Bounds(request_timeout_s=1.0))
    await line.feed(post(HOST, b"Content-Length: 5"))

    line.protocol.look_after(line.protocol.loop.time() + 2)

    assert _counted(line) == {f"{REFUSED}/{BROKER}/timeout": 1}


async def test_an_ingress_that_holds_too_much_counts_as_busy() -> None:
    line = Line(Bounds(max_held_bytes=100))

    await line.feed(post(HOST, b"Content-Length: 1000", body=b"x" * 1000))

    assert _counted(line) == {f"{REFUSED}/{BROKER}/busy": 1}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.section} {case.name}"[:60])
async def test_every_answer_but_2xx_is_counted_once(case: Case) -> None:
    line = Line()

    await line.feed(case.sent)

    answers = [each for each in answers_in(line.wire.written) if each.status >= 400]
    refused = Counter({k: n for k, n in _counted(line).items() if k.startswith(REFUSED)})
    assert refused.total() == len(answers)
    assert {name.rpartition("/")[2] for name in refused} <= set(REASONS)


async def test_what_clients_invent_makes_no_series() -> None:
    line = Line()

    for number in range(300):
        path = b"POST /n%d/b%d HTTP/1.1" % (number, number)
        await line.feed(
            post(HOST, b"Content-Length: 0", first=path),
            post(HOST, b"Content-Length: 0", first=path.replace(b" HTTP", b"/deep HTTP")),
            b"M%d / HTTP/1.1\r\n\r\n" % number if number == 299 else b"",
        )

    assert _counted(line) == {f"{REFUSED}///unknown_broker": 300, f"{REFUSED}///invalid": 301}

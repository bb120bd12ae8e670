"""What single steps of the hot path cost, as shares of a bare request in the same run."""

import json
import time
from collections.abc import Callable
from typing import Any

import dispatcher.tally
import ingress.tally
from bench.yardstick import bare
from dispatcher.delivery import Delivery, Settled
from dispatcher.lane import Lane
from dispatcher.trigger import ServedTrigger
from ingress.answers import ACCEPTED
from ingress.request import Request
from poplin.budget import Budget
from poplin.catalog import TriggerRecord
from poplin.codec import decode, encode_binary, from_entry, to_entry
from poplin.filters import FilterIndex, cesql, compile_filters
from poplin.log import Entry, LogId, Token
from poplin.metrics import Counts

__all__ = ["main"]

_ROUNDS = 7
_CALLS = 20_000

_HEADERS = [
    (b"host", b"127.0.0.1:8080"),
    (b"ce-specversion", b"1.0"),
    (b"ce-id", b"0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"),
    (b"ce-source", b"https://shop.example.com/eu/orders"),
    (b"ce-type", b"com.example.shop.order.created"),
    (b"ce-subject", b"order-4711"),
    (b"ce-time", b"2026-11-21T06:35:58.123456789Z"),
    (b"ce-dataschema", b"https://schemas.example.com/order/1"),
    (b"ce-partitionkey", b"customer-42"),
    (b"content-type", b"application/json"),
    (b"content-length", b"1024"),
]
_BODY = b'{"text":"' + b"x" * 1013 + b'"}'
_FIVE = (
    "type = 'com.example.shop.order.created' AND source LIKE 'https://shop%' AND EXISTS subject "
    "AND partitionkey IN ('customer-41', 'customer-42') AND LENGTH(id) > 10"
)


def main() -> None:
    """Prints a line for each step and, last, one JSON object."""
    steps = _steps()
    with bare() as yardstick:
        before = yardstick.cpu_us(32, 4.0, 1024)
        costs = {name: _cpu_us(step) for name, step in steps.items()}
        after = yardstick.cpu_us(32, 4.0, 1024)
    bare_us = (before + after) / 2
    result: dict[str, Any] = {"bare_asgi_us": round(bare_us, 1)}
    print(f"{'bare ASGI request':34} {bare_us:8.2f} us")
    for name, cost in costs.items():
        print(f"{name:34} {cost:8.2f} us   1/{bare_us / cost:.1f}")
        result[name] = {"us": round(cost, 3), "share": round(cost / bare_us, 4)}
    print(json.dumps(result))


def _steps() -> dict[str, Callable[[], object]]:
    event = decode(_HEADERS, _BODY)
    entry = to_entry(event)
    attributes = event.attributes
    exact = cesql.compile("type = 'com.example.shop.order.created'")
    five = cesql.compile(_FIVE)
    index = FilterIndex(
        (number, compile_filters([{"exact": {"type": f"com.example.{number}"}}]))
        for number in range(1000)
    )
    if not (exact.matches(attributes) and five.matches(attributes)):
        raise SystemExit("bench: the expressions should match the event")
    return {
        "parse and validate, binary, 1 KB": lambda: decode(_HEADERS, _BODY),
        "to a log entry": lambda: to_entry(event),
        "from a log entry": lambda: from_entry(*entry),
        "encode, binary": lambda: encode_binary(event),
        "CESQL, exact compare": lambda: exact.matches(attributes),
        "CESQL, five clauses": lambda: five.matches(attributes),
        "index of 1,000 exact triggers": lambda: index.match(attributes),
        "count an event in the ingress": _accepted(),
        "count a delivery in the dispatcher": _delivered(),
    }


def _accepted() -> Callable[[], object]:
    tally, request = ingress.tally.Tally(Counts()), Request(b"POST", b"/default/main", [])
    request.broker = "default/main"

    def count() -> None:
        request.completed = time.perf_counter()
        tally.accepted(request.broker, 1)
        tally.answered(request, ACCEPTED)

    return count


def _delivered() -> Callable[[], object]:
    tally, outcome = dispatcher.tally.Tally(), Settled(202)
    record = TriggerRecord(
        uid="u", namespace="default", name="t", broker="main", subscriber_uri="http://s/"
    )
    lane = Lane(ServedTrigger(record, Budget(0)), lambda _: None)
    delivery = Delivery(lane, LogId(b"1-0"), Token(-1), Entry(b"", None, b""))

    def count() -> None:
        began = time.perf_counter()
        tally.attempted(lane.trigger.labels, "2xx", time.perf_counter() - began)
        tally.written(delivery, outcome)

    return count


def _cpu_us(step: Callable[[], object]) -> float:
    """The best of several rounds: what it costs when nothing else disturbs it."""
    best = float("inf")
    for _ in range(_ROUNDS):
        began = time.process_time()
        for _ in range(_CALLS):
            step()
        best = min(best, time.process_time() - began)
    return best / _CALLS * 1e6


if __name__ == "__main__":
    main()

"""What a process counts before it is written."""

import pytest

from poplin.metrics import BUCKETS_S, Counts, status_class

A = ("poplin_events_accepted_total", "n/b")
TOOK = ("poplin_ingress_duration_seconds", "n/b")


def test_what_is_taken_is_what_was_counted_since_the_last_time() -> None:
    counts = Counts()
    counts.add(A)
    counts.add(A, 2)

    first = counts.take()
    counts.add(A)

    assert first == {"poplin_events_accepted_total/n/b": 3}
    assert counts.take() == {"poplin_events_accepted_total/n/b": 1}
    assert counts.take() == {}


@pytest.mark.parametrize(
    ("seconds", "bucket"),
    [(0.0, 0), (0.005, 0), (0.0051, 1), (10.0, len(BUCKETS_S) - 1), (10.1, len(BUCKETS_S))],
)
def test_the_bounds_of_buckets_are_inclusive(seconds: float, bucket: int) -> None:
    counts = Counts()

    counts.observe(TOOK, seconds)

    name = "poplin_ingress_duration_seconds/n/b"
    taken = counts.take()
    assert taken.pop(f"{name}/us", 0) == int(seconds * 1e6)
    assert taken == {f"{name}/{bucket}": 1}


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, "2xx"), (299, "2xx"), (307, "3xx"), (404, "4xx"), (503, "5xx"), (600, "5xx")],
)
def test_every_status_has_a_class(status: int, expected: str) -> None:
    assert status_class(status) == expected

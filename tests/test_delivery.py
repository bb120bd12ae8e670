"""The delivery policy's tables."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poplin.catalog import DeliveryPolicy
from poplin.delivery import backoff_s, is_retryable, is_success, retry_after_s, wait_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LINEAR = DeliveryPolicy(backoff_policy="linear", backoff_delay_s=0.3)
EXPONENTIAL = DeliveryPolicy(backoff_policy="exponential", backoff_delay_s=0.3, backoff_max_s=5.0)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_success(status: int) -> None:
    assert is_success(status)


@pytest.mark.parametrize(
    ("status", "again"),
    [
        (302, False),
        (400, False),
        (404, True),
        (408, True),
        (409, True),
        (410, False),
        (422, False),
        (429, True),
        (500, True),
        (599, True),
    ],
)
def test_which_failures_are_tried_again(status: int, again: bool) -> None:
    assert is_retryable(status) is again
    assert not is_success(status)


@pytest.mark.parametrize(
    ("policy", "waits"),
    [(LINEAR, [0.3, 0.6, 0.9]), (EXPONENTIAL, [0.3, 0.6, 1.2, 2.4, 4.8, 5.0, 5.0])],
)
def test_backoff_grows_up_to_its_cap(policy: DeliveryPolicy, waits: list[float]) -> None:
    assert [backoff_s(policy, n + 1, 0.0) for n in range(len(waits))] == pytest.approx(waits)


@given(st.integers(1, 2**31), st.floats(0, 1, exclude_max=True))
def test_jitter_only_adds_and_the_cap_holds(number: int, jitter: float) -> None:
    plain = backoff_s(EXPONENTIAL, number, 0.0)

    assert plain <= backoff_s(EXPONENTIAL, number, jitter) <= min(plain * 1.1, 5.0)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Thu, 01 Jan 2026 00:00:09 GMT", 9.0),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("\u0663", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    assert retry_after_s(value, NOW) == seconds


@pytest.mark.parametrize(
    ("status", "most", "asked", "wait"),
    [
        (429, 30.0, 7.0, 7.0),
        (503, 5.0, 7.0, 5.0),
        (429, None, 7.0, 0.3),
        (500, 30.0, 7.0, 0.3),
        (429, 30.0, None, 0.3),
        (429, 0.0, 7.0, 0.3),
    ],
)
def test_retry_after_is_heeded_where_it_is_allowed(
    status: int, most: float | None, asked: float | None, wait: float
) -> None:
    policy = DeliveryPolicy(backoff_policy="linear", backoff_delay_s=0.3, retry_after_max_s=most)

    assert wait_s(policy, 1, 0.0, status=status, retry_after=asked) == pytest.approx(wait)

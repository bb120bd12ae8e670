"""When a subscriber comes back after a minute: how close together the retries come."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import pytest

from poplin.catalog import DeliveryPolicy
from poplin.delivery import wait_s

EVENTS = 20_000
OUTAGE_S = 60.0
RATE = EVENTS / OUTAGE_S


def policy(
    kind: Literal["linear", "exponential"], delay_s: float, most_s: float = 3600.0
) -> DeliveryPolicy:
    return DeliveryPolicy(
        retry=1000, backoff_policy=kind, backoff_delay_s=delay_s, backoff_max_s=most_s
    )


@dataclass
class Retries:
    """Times in seconds; `after` are those that find the subscriber back."""

    during: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)


def retries(each: DeliveryPolicy, arrivals: Iterable[float]) -> Retries:
    chance, found = random.Random(1), Retries()
    for at in arrivals:
        number, when = 0, at
        while when < OUTAGE_S:
            number += 1
            when += wait_s(each, number, chance.random(), status=503)
            (found.after if when >= OUTAGE_S else found.during).append(when)
    return found


def peak(times: list[float], window_s: float) -> float:
    """The most a second, by windows."""
    return max(Counter(int(when / window_s) for when in times).values()) / window_s


@pytest.mark.parametrize(
    ("each", "times_the_rate"),
    [
        (policy("exponential", 1.0), 5.6),
        (policy("exponential", 1.0, most_s=10.0), 9.4),
        (policy("exponential", 0.2), 8.8),
        (policy("linear", 1.0), 11.2),
        (policy("linear", 0.2), 24.0),
    ],
)
def test_the_end_of_an_outage_is_no_worse_than_the_outage(
    each: DeliveryPolicy, times_the_rate: float
) -> None:
    """At a steady rate each event is in its own wave: as many come together as one has had
    retries, which the promised waits decide and no jitter changes.
    """
    found = retries(each, (number / RATE for number in range(EVENTS)))

    for window_s in (0.1, 1.0):
        after = peak(found.after, window_s)
        assert after <= 1.1 * peak(found.during, window_s)
        assert after <= times_the_rate * RATE


@pytest.mark.parametrize(
    ("each", "in_100_ms", "in_1_s"),
    [
        (policy("exponential", 1.0), 0.04, 0.35),
        (policy("exponential", 0.2), 0.03, 0.22),
        (policy("linear", 1.0), 0.07, 0.57),
        (policy("linear", 0.2), 0.11, 0.55),
    ],
)
def test_what_failed_at_one_instant_comes_back_spread_out(
    each: DeliveryPolicy, in_100_ms: float, in_1_s: float
) -> None:
    found = retries(each, [0.0] * EVENTS)

    assert peak(found.after, 0.1) * 0.1 <= in_100_ms * EVENTS
    assert peak(found.after, 1.0) <= in_1_s * EVENTS


def test_who_names_the_hour_of_its_return_is_not_met_by_everybody_at_once() -> None:
    """Retry-After with a date: all that failed meanwhile would come at that very instant."""
    each = DeliveryPolicy(retry=1, retry_after_max_s=3600.0)
    chance = random.Random(1)
    waits = [OUTAGE_S - number / RATE for number in range(EVENTS)]

    times = [
        OUTAGE_S - wait + wait_s(each, 1, chance.random(), status=503, retry_after=wait)
        for wait in waits
    ]

    assert min(times) >= OUTAGE_S
    assert peak(times, 0.1) * 0.1 <= 0.1 * EVENTS

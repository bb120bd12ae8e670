"""What an event gets on its way into a broker, from a producer or as a reply."""

import re
import time
from collections.abc import Sequence
from functools import lru_cache

from poplin.errors import InvalidEventError
from poplin.event import Event

__all__ = ["ARRIVAL_TIME", "HOPS", "MOST_HOPS", "arrivals", "arrived"]

ARRIVAL_TIME = "knativearrivaltime"
HOPS = "knativebrokerttl"

MOST_HOPS = 255
"""Hops left to an event that comes without a count (MAX_TTL of Knative's ingress)."""

_COUNT = re.compile(r"-?[0-9]{1,9}\Z")


def arrived(event: Event) -> Event:
    """The event with its arrival time set, over any it brought, and one hop fewer left.

    Raises InvalidEventError when no hop is left. An unreadable count starts anew, as in Knative.
    """
    hops = event.attributes.get(HOPS)
    left = MOST_HOPS if hops is None else _one_fewer(hops)
    if left <= 0:
        raise InvalidEventError(
            f"attribute '{HOPS}' is {str(hops)[:20]!r}: the event has used up its hops"
        )
    return event.with_attributes({HOPS: left, ARRIVAL_TIME: _now()})


def arrivals(events: Sequence[Event]) -> list[Event]:
    """`arrived` of one event, or of every one of a batch; the error names which."""
    if len(events) == 1:
        return [arrived(events[0])]
    found = []
    for number, event in enumerate(events):
        try:
            found.append(arrived(event))
        except InvalidEventError as error:
            raise InvalidEventError(f"element [{number}] of the batch: {error}") from error
    return found


def _now() -> str:
    """RFC 3339 with microseconds."""
    second, nanosecond = divmod(time.time_ns(), 1_000_000_000)
    return f"{_second_text(second)}.{nanosecond // 1000:06d}Z"


@lru_cache(maxsize=2)
def _second_text(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def _one_fewer(hops: str | int) -> int:
    text = str(hops)
    return int(text) - 1 if _COUNT.match(text) else MOST_HOPS

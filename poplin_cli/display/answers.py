"""What the displaying subscriber answers: decided from options and what it has seen."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from poplin.codec import encode_binary
from poplin.event import Event

__all__ = ["Answer", "Attempts", "Behaviour", "Decider"]

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How to answer, to try out what Poplin makes of it."""

    fail: int = 0
    """So many requests, the first ones, get `status`, or 500."""
    status: int | None = None
    delay_s: float = 0.0
    reply_type: str | None = None
    """Successes carry an event of this type, which goes back to the broker."""
    rate: float | None = None
    """Requests a second; above it 429."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


class Attempts:
    """Counts how often each event came, by source and id; the oldest are forgotten."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, object, object], int] = OrderedDict()

    def count(self, path: str, event: Event) -> int:
        """Of this event at this path, this one included."""
        key = (path, event.attributes["source"], event.attributes["id"])
        number = self._seen.pop(key, 0) + 1
        self._seen[key] = number
        if len(self._seen) > _MOST_REMEMBERED:
            self._seen.popitem(last=False)
        return number


class Decider:
    """Decides each request's answer, in the order in which they come."""

    def __init__(self, behaviour: Behaviour, clock: Callable[[], float] = time.monotonic) -> None:
        self._behaviour = behaviour
        self._clock = clock
        self._requests = 0
        self._second = 0.0
        self._in_second = 0

    def answer(self, event: Event) -> Answer:
        behaviour = self._behaviour
        self._requests += 1
        if behaviour.rate is not None and self._is_over(behaviour.rate):
            return Answer(429, ((b"retry-after", b"1"),))
        if self._requests <= behaviour.fail:
            return Answer(behaviour.status or 500)
        status = 202 if behaviour.fail else behaviour.status or 202
        if behaviour.reply_type is None or not 200 <= status < 300:
            return Answer(status)
        return _reply(event, behaviour.reply_type)

    def _is_over(self, rate: float) -> bool:
        # A rate below one a second is one request in a longer while.
        window = max(1.0, 1.0 / rate)
        now = self._clock()
        if now - self._second >= window:
            self._second, self._in_second = now, 0
        self._in_second += 1
        return self._in_second > rate * window


def _reply(event: Event, kind: str) -> Answer:
    """The same data under a new type. Its id follows from the event's: a repeat repeats it."""
    attributes = {
        name: event.attributes[name]
        for name in ("specversion", "datacontenttype")
        if name in event.attributes
    }
    attributes |= {
        "id": f"reply-{event.attributes['id']}",
        "source": "/poplin/display",
        "type": kind,
    }
    head, body = encode_binary(Event(attributes, event.data))
    lines = head.rstrip(b"\r\n").split(b"\r\n")
    pairs = [line.partition(b": ") for line in lines]
    return Answer(200, tuple((name, value) for name, _, value in pairs), body)

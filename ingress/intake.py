"""What becomes of a request: path → event → append → 202.

If the process dies before the append is done, the producer has no 202 and sends again; if it
dies after, the event is in the log.
"""

import asyncio
import re
import time
from collections.abc import Callable, Coroutine, Sequence
from functools import lru_cache, partial
from math import ceil
from typing import Any
from urllib.parse import unquote

import structlog

from ingress.admission import Admission
from ingress.answers import ACCEPTED, OPTIONS, Answer, refusal
from ingress.brokers import Brokers, Door
from ingress.rate import RateLimitedError
from ingress.tally import Tally
from poplin.arrival import arrivals
from poplin.codec import decode_all, to_entry
from poplin.errors import (
    BatchTooLargeError,
    InvalidEventError,
    PoplinError,
    StoreFullError,
    StoreRefusesError,
)
from poplin.event import Event
from poplin.log import BrokerGoneError, Entry
from poplin.metrics import Reason

__all__ = ["Intake", "broker_key"]

Headers = list[tuple[bytes, bytes]]
Reply = Callable[[Answer], None]

_ORIGIN = re.compile(r"\A[^/?#]*://[^/?#]*")
_SAY_EVERY_S = 10.0
_NOT_CHECKED = "the store has not been checked yet; send the event again later"
_MOST_PATHS = 256  # of up to 8 KiB: asked for twice by each request, and they are few
# As names are in Kubernetes. Others are not looked up: whoever invents them costs the store
# nothing; nor are they repeated: they may hold what drives a terminal.
_POSSIBLE_KEY = re.compile(r"[a-z0-9-]{1,63}/[a-z0-9.-]{1,253}")


class Intake:
    """Answers every request that is for a broker. `reply` is called once, now or later.

    No event is taken before `is_open` is set: somebody must know that the store keeps it.
    """

    def __init__(self, brokers: Brokers, admission: Admission, tally: Tally) -> None:
        self.is_open = False
        self._brokers = brokers
        self._admission = admission
        self._tally = tally
        self._lookups: set[asyncio.Task[None]] = set()
        self._say_at = 0.0

    def known(self, url: bytes) -> str:
        """The broker of the path, however it is spelled; "" for all that are not there."""
        key = broker_key(url)
        return key if key is not None and self._brokers.get(key) is not None else ""

    def take(self, method: bytes, url: bytes, headers: Headers, body: bytes, reply: Reply) -> None:
        if method != b"POST":
            reply(_without_event(method))
            return
        key = broker_key(url)
        if key is None:
            reply(_bad_path(url))
            return
        refused = self._admission.refused.get(key)
        if refused is not None:
            # Before all else: under overload an event must not cost its parsing.
            reply(refused)
            return
        try:
            events = decode_all(headers, body)
        except InvalidEventError as error:
            reply(_not_an_event(error))
            return
        door = self._brokers.get(key)
        if not self.is_open:
            reply(refusal(503, "starting", _NOT_CHECKED))
        elif door is not None:
            self._append(door, key, events, reply)
        elif _POSSIBLE_KEY.fullmatch(key) is None:
            reply(
                refusal(
                    404,
                    "unknown_broker",
                    "there is no such broker; names are lower-case, as in your files",
                )
            )
        else:
            self._begin(self._look_up(key, events, reply))

    def _begin(self, look_up: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(look_up, name="look up broker")
        self._lookups.add(task)
        task.add_done_callback(self._lookups.discard)

    async def close(self) -> None:
        """Wait for the requests that are still looking for their broker."""
        await asyncio.gather(*self._lookups)

    async def _look_up(self, key: str, events: Sequence[Event], reply: Reply) -> None:
        door: Door | None = None
        try:
            door = await self._brokers.look_up(key)
        except PoplinError:
            reply(_away())
            return
        if door is None:
            reply(
                refusal(
                    404, "unknown_broker", f"there is no broker {key}; see the names in your files"
                )
            )
        else:
            self._append(door, key, events, reply)

    def _append(self, door: Door, key: str, events: Sequence[Event], reply: Reply) -> None:
        try:
            entries = [Entry(*to_entry(event)) for event in arrivals(events)]
        except InvalidEventError as error:
            reply(_not_an_event(error))
            return
        done = partial(self._answer_append, key, len(entries), reply)
        if entries:
            door.add(entries, done, events)
        else:
            done(None)  # a batch may be empty (JSON format 4.1)

    def _answer_append(
        self, key: str, events: int, reply: Reply, failure: PoplinError | None
    ) -> None:
        if failure is None:
            self._tally.accepted(key, events)
            reply(ACCEPTED)
        elif isinstance(failure, BrokerGoneError):
            self._begin(self._explain_gone(key, reply))
        elif isinstance(failure, RateLimitedError):
            detail = f"broker {key}: {failure}; send the event again after Retry-After"
            reply(refusal(429, "rate_limited", detail, max(1, ceil(failure.wait_s))))
        elif isinstance(failure, StoreFullError):
            reply(
                refusal(503, "store_full", "the store's memory is full; send the event again later")
            )
        elif isinstance(failure, StoreRefusesError):
            self._say_refused(key, failure)
            reply(_away("store_refuses"))
        else:
            reply(_away())

    def _say_refused(self, key: str, failure: StoreRefusesError) -> None:
        """Now and then, for it is every request. That the store is away is said elsewhere, once."""
        now = time.monotonic()
        if now >= self._say_at:
            self._say_at = now + _SAY_EVERY_S
            structlog.get_logger().warning("events are not stored", broker=key, why=str(failure))

    async def _explain_gone(self, key: str, reply: Reply) -> None:
        """The log takes no events: the broker is being removed, or the store has lost data."""
        try:
            is_removed = await self._brokers.look_up(key) is None
        except PoplinError:
            is_removed = False
        reply(
            refusal(404, "unknown_broker", f"the broker {key} is being removed")
            if is_removed
            else _away()
        )


def _not_an_event(error: InvalidEventError) -> Answer:
    if isinstance(error, BatchTooLargeError):
        return refusal(413, "too_large", str(error))
    return refusal(400, "invalid", str(error))


def _away(reason: Reason = "store_away") -> Answer:
    return refusal(503, reason, "the store is away; send the event again later")


def _without_event(method: bytes) -> Answer:
    if method == b"OPTIONS":
        return OPTIONS
    return refusal(
        405, "not_allowed", f"{method.decode('latin-1')} is not allowed; POST a CloudEvent"
    )


def _bad_path(url: bytes) -> Answer:
    if url == b"/":
        return refusal(
            404, "unknown_broker", "nothing is served here; POST to /<namespace>/<broker>"
        )
    return refusal(400, "invalid", "the path is not /<namespace>/<broker>")


@lru_cache(_MOST_PATHS)
def broker_key(url: bytes) -> str | None:
    """`namespace/name`, or None. A query belongs to the name, as in Knative."""
    path = url.decode("latin-1")
    if path[:1] != "/":
        # RFC 9112 3.2.2: a server takes the absolute form too; 3.2.4: an asterisk is no path.
        path = _ORIGIN.sub("", path)
    if "%" in path:
        path = unquote(path)
    namespace, _, name = path[1:].rstrip("/").partition("/")
    if not namespace or not name or "/" in name or path[:1] != "/":
        return None
    return f"{namespace}/{name}"

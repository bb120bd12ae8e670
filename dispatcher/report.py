"""One line per notable event: a retry, a dead letter, an odd answer. Bounded, however many come."""

import time

import orjson
import structlog

from dispatcher.delivery import Buried, Deferred, Delivery, Outcome
from dispatcher.lane import Lane
from poplin.log import LogId

__all__ = ["Report"]

_LINES_A_SECOND = 20


class Report:
    """Writes at most 20 lines a second and says how many it left out."""

    def __init__(self) -> None:
        self._log = structlog.get_logger()
        self._second = 0
        self._lines = 0
        self._left_out = 0

    def outcome(self, delivery: Delivery, outcome: Outcome) -> None:
        if isinstance(outcome, Deferred) and outcome.counts:
            self._write("info", "retry", delivery, outcome, retry_in_s=round(outcome.delay_s, 3))
        elif isinstance(outcome, Deferred) and outcome.status:
            self._write("warning", "put off", delivery, outcome, until_in_s=outcome.delay_s)
        elif isinstance(outcome, Buried):
            kept = (
                "on its way to the dead-letter sink"
                if outcome.has_sink
                else "kept as a dead letter"
            )
            self._write("warning", "given up", delivery, outcome, then=kept)

    def ignored(self, lane: Lane) -> None:
        """The subscriber answers with what is no event; said once, for it may be meant."""
        self._log.info(
            "answers with a body that is no CloudEvent are ignored",
            trigger=lane.record.key,
            otherwise="poplin.dev/reply-policy: strict makes them failures",
        )

    def broken(self, delivery: Delivery, error: Exception) -> None:
        """A fault of ours: the delivery is tried again, and its type is the clue."""
        if self._has_room():
            self._log.error(
                "internal error",
                trigger=delivery.lane.record.key,
                id=_event_id(delivery),
                log_id=delivery.id.decode(),
                error=repr(error),
            )

    def lease_broken(self, lane: Lane, error: Exception) -> None:
        """The store refuses what it never should; the lane tries again."""
        if self._has_room():
            self._log.error("internal error in a lease", trigger=lane.record.key, error=repr(error))

    def filter_broken(self, trigger: str, event: str, error: Exception) -> None:
        """A fault of ours: the event does not match this trigger."""
        if self._has_room():
            self._log.error(
                "internal error in a filter", trigger=trigger, id=event, error=repr(error)
            )

    def lost(self, lane: Lane, log_id: LogId) -> None:
        """An id without its entry: the one line that must never appear."""
        if self._has_room():
            self._log.critical(
                "event missing from the log", trigger=lane.record.key, log_id=log_id.decode()
            )

    def _write(
        self, level: str, what: str, delivery: Delivery, outcome: Deferred | Buried, **more: object
    ) -> None:
        if not self._has_room():
            return
        getattr(self._log, level)(
            what,
            trigger=delivery.lane.record.key,
            id=_event_id(delivery),
            log_id=delivery.id.decode(),
            to="subscriber" if delivery.grave is None else "dead-letter sink",
            attempt=delivery.attempt,
            status=outcome.status,
            reason=outcome.reason,
            **more,
        )

    def _has_room(self) -> bool:
        second = int(time.monotonic())
        if second != self._second:
            if self._left_out:
                self._log.info("more such lines, not shown", count=self._left_out)
            self._second, self._lines, self._left_out = second, 0, 0
        self._lines += 1
        self._left_out += self._lines > _LINES_A_SECOND
        return self._lines <= _LINES_A_SECOND


def _event_id(delivery: Delivery) -> str:
    """The one that the producer gave: it is what people look for."""
    try:
        return str(orjson.loads(delivery.entry.attributes)["id"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""

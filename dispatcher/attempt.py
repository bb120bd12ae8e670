"""One attempt: the request to the subscriber or the dead-letter sink, and its outcome.

Nothing here changes the log but a reply's append, which comes before the outcome. If the
process dies anywhere in between, the lease runs out and the attempt is made again.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from time import perf_counter

from dispatcher.delivery import Buried, Deferred, Delivery, Outcome, Settled
from dispatcher.tally import Tally
from poplin.arrival import HOPS, arrived
from poplin.catalog import DeliveryPolicy
from poplin.codec import (
    decode,
    encode_binary,
    encode_structured,
    from_entry,
    is_event,
    to_entry,
)
from poplin.delivery import attempts_allowed, is_retryable, is_success, retry_after_s, wait_s
from poplin.errors import ExhaustedError, InvalidEventError, SendError, StoreUnavailableError
from poplin.event import REPLAY, Event
from poplin.grave import Grave, encoded_body, error_attributes, parse_grave
from poplin.log import BURIED_AS_POISON_AT, Appends, BrokerGoneError, Entry
from poplin.metrics import status_class
from poplin.sender import Answer, Sender

__all__ = ["IGNORED_ANSWER", "Attempter", "may_be_reply"]

_OURS_S = 1.0
"""Until the next try when what failed was neither event nor subscriber: it is no attempt."""
_FAILED_SEND = 500
"""What a refused connection, a reset or a timeout is reported as by Knative's dispatcher."""
_BAD_REPLY = 502
"""What a malformed reply is reported as by Knative's filter."""
_NO_EVENT = "with a body that is no CloudEvent"
IGNORED_ANSWER = "answer ignored: its body is no CloudEvent"


def may_be_reply(status: int, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """Of every other answer the status says all. The data plane's specification: 202 MUST NOT be
    processed as a reply.
    """
    return status != 202 and is_success(status) and is_event(headers)


class _AttemptError(Exception):
    """The attempt did not succeed; carries what the retry decision and the grave need."""

    def __init__(self, status: int, reason: str, answer: Answer | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.answer = answer

    @property
    def body(self) -> bytes:
        """What the dead-letter sink is told: the answer's, unless it was not the answer that
        failed; then the reason, in the words of Knative's dispatcher.
        """
        if self.answer is not None and self.answer.status == self.status:
            return self.answer.body
        return f"dispatch error: {self.reason}".encode()


class Attempter:
    """Makes attempts for one broker; stateless, so any number may be under way."""

    def __init__(self, sender: Sender, replies: Appends, tally: Tally) -> None:
        self._sender = sender
        self._tally = tally
        self.replies = replies
        """May be exchanged, when the broker gets another number of partitions."""

    async def attempt(self, delivery: Delivery) -> Outcome:
        """Never raises for anything a peer does."""
        if delivery.crashes >= BURIED_AS_POISON_AT:
            return self._buried(
                delivery, _AttemptError(_FAILED_SEND, "poison: its attempts ended in crashes")
            )
        try:
            event = _marked(from_entry(*delivery.entry), delivery.replay)
            if delivery.grave is not None:
                return await self._to_dead_letter_sink(delivery, event, parse_grave(delivery.grave))
            return await self._to_subscriber(delivery, event)
        except _AttemptError as failure:
            return self._failed(delivery, failure)
        except StoreUnavailableError as error:
            # The reply may or may not be kept: its delivery is not settled, so it comes again.
            return Deferred(_OURS_S, _FAILED_SEND, f"reply not stored: {error}", counts=False)
        except ExhaustedError as error:
            return Deferred(_OURS_S, _FAILED_SEND, f"not sent: {error}", counts=False)

    def broken(self, delivery: Delivery, error: Exception) -> Outcome:
        """A fault of ours ended the attempt: it counts, so that it cannot go on for ever."""
        reason = f"internal error: {type(error).__name__}"
        return self._failed(delivery, _AttemptError(_FAILED_SEND, reason))

    async def _to_subscriber(self, delivery: Delivery, event: Event) -> Outcome:
        record = delivery.lane.record
        if record.delivery.format == "json":
            lines, body = encode_structured(event, omit=(HOPS,))
        else:
            lines, body = encode_binary(event, omit=(HOPS,), anew=record.header_encoding == "spec")
        answer = await self._send(
            delivery,
            b"prefer: reply\r\nkn-namespace: %b\r\n%b" % (record.namespace.encode(), lines),
            body,
        )
        if may_be_reply(answer.status, answer.headers):
            return await self._with_reply(answer, event)
        if not answer.body or answer.status == 202:
            return Settled(answer.status)
        if record.reply_policy == "strict":
            raise _AttemptError(_BAD_REPLY, f"answered {answer.status}, {_NO_EVENT}", answer)
        return Settled(answer.status, IGNORED_ANSWER)

    async def _with_reply(self, answer: Answer, event: Event) -> Outcome:
        if encoding := _content_encoding(answer):
            # Stored as it is it would be noise to whoever gets it: no event has a content encoding.
            reason = (
                f"malformed reply: its body is encoded as {encoding!r}, which was not asked for"
            )
            raise _AttemptError(_BAD_REPLY, reason, answer)
        try:
            reply = decode(answer.headers, answer.body)
        except InvalidEventError as error:
            raise _AttemptError(_BAD_REPLY, f"malformed reply: {error}", answer) from error
        hops = {HOPS: event.attributes.get(HOPS, 0)}
        try:
            reply = arrived(reply.with_attributes(hops))
        except InvalidEventError as error:
            raise _AttemptError(400, f"reply refused: {error}", answer) from error
        try:
            await self.replies.append(Entry(*to_entry(reply)), reply)
        except BrokerGoneError:
            return Settled(answer.status, "reply dropped: the broker is gone")
        return Settled(answer.status, "replied")

    async def _to_dead_letter_sink(self, delivery: Delivery, event: Event, grave: Grave) -> Outcome:
        record = delivery.lane.record
        told = event.with_attributes(error_attributes(grave))
        lines, body = encode_binary(told, anew=record.header_encoding == "spec")
        answer = await self._send(
            delivery, b"kn-namespace: %b\r\n%b" % (record.namespace.encode(), lines), body
        )
        return Settled(answer.status)

    async def _send(self, delivery: Delivery, lines: bytes, body: bytes) -> Answer:
        """The answer when it is a success, else _AttemptError."""
        lane = delivery.lane
        target = lane.subscriber if delivery.grave is None else lane.dead_letter_sink
        if target is None:
            raise _AttemptError(_FAILED_SEND, "the dead-letter sink was removed from the trigger")
        began = perf_counter()
        try:
            answer = await self._sender.post(
                target, lines, body, timeout_s=lane.record.delivery.timeout_s
            )
        except ExhaustedError:
            raise  # no fault of the subscriber
        except SendError as error:
            self._tally.attempted(lane.trigger.labels, "failed", perf_counter() - began)
            raise _AttemptError(_FAILED_SEND, str(error)) from error
        result = status_class(answer.status)
        self._tally.attempted(lane.trigger.labels, result, perf_counter() - began)
        if not is_success(answer.status):
            raise _AttemptError(answer.status, f"answered {answer.status}", answer)
        return answer

    def _failed(self, delivery: Delivery, failure: _AttemptError) -> Outcome:
        policy = delivery.lane.record.delivery
        if is_retryable(failure.status) and delivery.attempt < attempts_allowed(policy):
            return Deferred(_delay_s(policy, delivery, failure), failure.status, failure.reason)
        return self._buried(delivery, failure)

    def _buried(self, delivery: Delivery, failure: _AttemptError) -> Buried:
        lane = delivery.lane
        now_us = int(datetime.now(UTC).timestamp() * 1e6)
        if delivery.grave is not None:
            grave = replace(parse_grave(delivery.grave), sink_reason=failure.reason)
            return Buried(grave.to_json(), False, failure.status, failure.reason)
        grave = Grave(
            reason=failure.reason,
            status=failure.status,
            destination=lane.subscriber.url,
            attempts=delivery.attempt,
            first_us=delivery.first_us or now_us,
            last_us=now_us,
            body=encoded_body(failure.body),
        )
        has_sink = lane.dead_letter_sink is not None
        return Buried(grave.to_json(), has_sink, failure.status, failure.reason)


def _marked(event: Event, replay: str | None) -> Event:
    """As whoever gets it sees it: a replayed event says so, whatever its producer said."""
    return event if replay is None else event.with_attributes({REPLAY: replay})


def _content_encoding(answer: Answer) -> str:
    """Empty when the body is what it seems to be."""
    for name, value in answer.headers:
        if name == b"content-encoding" and value.lower() not in (b"", b"identity"):
            return value.decode("latin-1")[:60]
    return ""


def _delay_s(policy: DeliveryPolicy, delivery: Delivery, failure: _AttemptError) -> float:
    asked = None
    for name, value in failure.answer.headers if failure.answer else ():
        if name == b"retry-after":
            asked = retry_after_s(value.decode("latin-1"), datetime.now(UTC))
    jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
    return wait_s(policy, delivery.attempt, jitter, status=failure.status, retry_after=asked)

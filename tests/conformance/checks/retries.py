"""Items 58, 61, 67 and 68: how often, and when."""

from itertools import pairwise

from tests.conformance.callbacks import Answer, Received, Receiver
from tests.conformance.kit import MUST, SHOULD, DiffersError, Kit, Run, expect, item

__all__ = ["delivery", "fails_first"]

QUICK = {"backoffPolicy": "linear", "backoffDelay": "PT0.1S"}
SLOW = {"retry": 5, "backoffPolicy": "linear", "backoffDelay": "PT1S"}


def fails_first(receiver: Receiver, fails: int, status: int = 503) -> Receiver:
    receiver.answer = lambda _received, attempt: Answer(status if attempt <= fails else 202)
    return receiver


def delivery(retry: int | None = None, sink: Receiver | None = None) -> dict[str, object]:
    found: dict[str, object] = dict(QUICK)
    if retry is not None:
        found["retry"] = retry
    if sink is not None:
        found["deadLetterSink"] = {"uri": sink.url}
    return found


@item(58, MUST, "(a) nothing configured, no failures: one delivery each")
def matrix_a(kit: Kit) -> Run:
    broker, first, second = kit.broker(), kit.receiver(), kit.receiver()
    kit.trigger(broker, first)
    kit.trigger(broker, second)

    async def run() -> None:
        await broker.send("one")
        for receiver in (first, second):
            await receiver.wait_for("one")
            kit.received_only(receiver, "one")

    return run


@item(58, MUST, "(b) broker retry 3: 3 failures are delivered, 4 go to its sink")
def matrix_b(kit: Kit) -> Run:
    sink, survives, dies = kit.receiver(), kit.receiver(), kit.receiver()
    broker = kit.broker(delivery=delivery(3, sink))
    kit.trigger(broker, fails_first(survives, 3))
    kit.trigger(broker, fails_first(dies, 4))

    async def run() -> None:
        await broker.send("one")
        await sink.wait_for("one")
        await survives.wait(4)
        kit.received_only(survives, *["one"] * 4)
        kit.received_only(dies, *["one"] * 4)
        kit.received_only(sink, "one")

    return run


@item(58, MUST, "(c) broker retry 0; trigger retry 3 with a sink, trigger retry 1 without")
def matrix_c(kit: Kit) -> Run:
    sink, first, second = kit.receiver(), kit.receiver(), kit.receiver()
    broker = kit.broker(delivery=delivery(0))
    kit.trigger(broker, fails_first(first, 3), delivery=delivery(3, sink))
    kit.trigger(broker, fails_first(second, 2), delivery=delivery(1))

    async def run() -> None:
        await broker.send("one")
        await first.wait(4)
        await second.wait(2)
        kit.received_only(first, *["one"] * 4)
        kit.received_only(second, *["one"] * 2)
        kit.received_only(sink)

    return run


@item(58, MUST, "(d) a trigger without delivery falls to the broker's retries and sink")
def matrix_d(kit: Kit) -> Run:
    sink, own, first, second = (kit.receiver() for _ in range(4))
    broker = kit.broker(delivery=delivery(1, sink))
    kit.trigger(broker, fails_first(first, 3), delivery=delivery(3, own))
    kit.trigger(broker, fails_first(second, 2))

    async def run() -> None:
        await broker.send("one")
        await sink.wait_for("one")
        await first.wait(4)
        kit.received_only(first, *["one"] * 4)
        kit.received_only(second, *["one"] * 2)
        kit.received_only(sink, "one")
        kit.received_only(own)

    return run


@item(58, MUST, "(e) each falls to its own sink")
def matrix_e(kit: Kit) -> Run:
    sink, own, first, second = (kit.receiver() for _ in range(4))
    broker = kit.broker(delivery=delivery(1, sink))
    kit.trigger(broker, fails_first(first, 4), delivery=delivery(3, own))
    kit.trigger(broker, fails_first(second, 2))

    async def run() -> None:
        await broker.send("one")
        await sink.wait_for("one")
        await own.wait_for("one")
        kit.received_only(first, *["one"] * 4)
        kit.received_only(second, *["one"] * 2)
        kit.received_only(sink, "one")
        kit.received_only(own, "one")

    return run


@item(61, MUST, "delivered after 5 failures with retry 5, linear PT1S")
def five_failures(kit: Kit) -> Run:
    broker = kit.broker(delivery=SLOW)
    receiver = fails_first(kit.receiver(), 5)
    kit.trigger(broker, receiver)

    async def run() -> str:
        await broker.send("one")
        times = [each.at for each in await receiver.wait(6, 45.0)]
        kit.received_only(receiver, *["one"] * 6)
        waits = [after - before for before, after in pairwise(times)]
        return "waits " + ", ".join(f"{wait:.1f}" for wait in waits) + " s"

    return run


@item(61, MUST, "every event arrives when the 1st, 2nd, 3rd, 5th, 8th … request is dropped")
def fibonacci(kit: Kit) -> Run:
    broker, receiver = kit.broker(delivery=SLOW), kit.receiver()
    kit.trigger(broker, receiver)
    dropped = {1, 2, 3, 5, 8, 13, 21, 34}
    taken: list[str] = []

    def answer(received: Received, _attempt: int) -> Answer:
        if len(receiver.received) in dropped:
            return Answer(503)
        taken.append(received.id)
        return Answer()

    receiver.answer = answer

    async def run() -> None:
        for number in range(30):
            await broker.send(str(number))
        await receiver.wait(38, 30.0)
        wanted = sorted(map(str, range(30)))
        expect(sorted(taken) == wanted, "each of 30 events taken once", sorted(taken))

    return run


@item(67, MUST, "a timeout shorter than the answer: seen once, dead-lettered once")
def timeout(kit: Kit) -> Run:
    broker, slow, sink = kit.broker(), kit.receiver(), kit.receiver()
    slow.answer = lambda _received, _attempt: Answer(delay_s=3.0)
    kit.trigger(broker, slow, delivery={"timeout": "PT1S", "deadLetterSink": {"uri": sink.url}})

    async def run() -> None:
        await broker.send("one")
        await sink.wait_for("one")
        kit.received_only(slow, "one")
        kit.received_only(sink, "one")

    return run


@item(67, SHOULD, "a timeout uses up one attempt and is tried again")
def timeout_retried(kit: Kit) -> Run:
    broker, slow, sink = kit.broker(), kit.receiver(), kit.receiver()
    slow.answer = lambda _received, _attempt: Answer(delay_s=2.0)
    kit.trigger(broker, slow, delivery={**delivery(1, sink), "timeout": "PT0.5S"})

    async def run() -> None:
        await broker.send("one")
        await sink.wait_for("one")
        attempts = len(slow.received)
        expect(attempts in (1, 2), "1 or 2 attempts", attempts)
        kit.received_only(slow, *["one"] * attempts)
        kit.received_only(sink, "one")
        if attempts == 2:
            raise DiffersError("retried, as the specification says; Knative makes one attempt")

    return run


@item(68, MUST, "429 with Retry-After: no attempt before it")
def retry_after(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    receiver.answer = lambda _received, attempt: (
        Answer(429, {"retry-after": "2"}) if attempt <= 2 else Answer()
    )
    kit.trigger(broker, receiver, delivery={**delivery(3), "retryAfterMax": "PT30S"})

    async def run() -> str:
        await broker.send("one")
        times = [each.at for each in await receiver.wait(3)]
        waits = [after - before for before, after in pairwise(times)]
        expect(min(waits) >= 1.95, "waits of 2 s or more", waits)
        return "waits " + ", ".join(f"{wait:.2f}" for wait in waits) + " s"

    return run


@item(68, SHOULD, "Retry-After is bounded by retryAfterMax, and without it is not looked at")
def retry_after_max(kit: Kit) -> Run:
    broker, bounded, unasked = kit.broker(), kit.receiver(), kit.receiver()
    for receiver in (bounded, unasked):
        receiver.answer = lambda _received, attempt: (
            Answer(429, {"retry-after": "3600"}) if attempt == 1 else Answer()
        )
    kit.trigger(broker, bounded, delivery={**delivery(1), "retryAfterMax": "PT1S"})
    kit.trigger(broker, unasked, delivery=delivery(1))

    async def run() -> str:
        await broker.send("one")
        waits = []
        for receiver in (bounded, unasked):
            first, second = (each.at for each in await receiver.wait(2))
            waits.append(second - first)
        expect(waits[0] >= 0.95, "a wait of 1 s or more", waits[0])
        return "waits " + ", ".join(f"{wait:.2f}" for wait in waits) + " s"

    return run

"""Item 74: which failures are tried again."""

from typing import Literal

from tests.conformance.callbacks import Answer
from tests.conformance.checks.retries import delivery, fails_first
from tests.conformance.kit import SHOULD, Kit, Run, expect, item

__all__: list[str] = []

# Knative's data plane, "Status codes": whether the delivery is tried again, retry being 2.
ONCE = (302, 400, 401, 403, 405, 410, 415, 422)
AGAIN = (404, 408, 409, 429, 500, 501, 502, 503, 504)


@item(74, SHOULD, "one attempt for 3xx and most of 4xx; all retries for 404, 408, 409, 429, 5xx")
def statuses(kit: Kit) -> Run:
    broker, sink = kit.broker(), kit.receiver()
    wanted = {**dict.fromkeys(ONCE, 1), **dict.fromkeys(AGAIN, 3)}
    receivers = {status: fails_first(kit.receiver(), 99, status) for status in wanted}
    for receiver in receivers.values():
        kit.trigger(broker, receiver, delivery=delivery(2, sink))

    async def run() -> None:
        await broker.send("one")
        await sink.wait(len(wanted))
        seen = {status: len(receiver.received) for status, receiver in receivers.items()}
        wrong = {status: count for status, count in seen.items() if count != wanted[status]}
        expect(not wrong, f"attempts { ({status: wanted[status] for status in wrong}) }", wrong)
        for status, receiver in receivers.items():
            kit.received_only(receiver, *["one"] * wanted[status])

    return run


@item(74, SHOULD, "an empty 2xx is a success")
def successes(kit: Kit) -> Run:
    broker, sink = kit.broker(), kit.receiver()
    receivers = [fails_first(kit.receiver(), 99, status) for status in (200, 201, 202, 204)]
    for receiver in receivers:
        kit.trigger(broker, receiver, delivery=delivery(2, sink))

    async def run() -> None:
        await broker.send("one")
        for receiver in receivers:
            await receiver.wait_for("one")
            kit.received_only(receiver, "one")
        kit.received_only(sink)

    return run


def _ends(kit: Kit, how: Literal["closed", "reset"]) -> Run:
    """On a kept-alive connection, too: an answer comes first. Whether it was used is up to the
    sender; a request that came was an attempt in either case.
    """
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    receiver.answer = lambda received, _attempt: (
        Answer(202) if received.id == "first" else Answer(ends=how)
    )
    kit.trigger(broker, receiver, delivery=delivery(2, sink))

    async def run() -> None:
        await broker.send("first")
        await receiver.wait_for("first")
        await broker.send("one")
        await sink.wait_for("one")
        kit.received_only(receiver, "first", *["one"] * 3)
        kit.received_only(sink, "one")

    return run


@item(74, SHOULD, "all retries, and no more, for a connection that is reset")
def reset(kit: Kit) -> Run:
    return _ends(kit, "reset")


@item(74, SHOULD, "all retries, and no more, for a connection that is closed without an answer")
def closed(kit: Kit) -> Run:
    return _ends(kit, "closed")


@item(74, SHOULD, "a refused connection is tried again: dead-lettered, or taken once it opens")
def refused(kit: Kit) -> Run:
    broker, sink = kit.broker(), kit.receiver()
    stays, opens, beside = kit.closed_receiver(), kit.closed_receiver(), kit.receiver()
    kit.trigger(broker, stays, delivery=delivery(2, sink))
    kit.trigger(broker, opens, delivery=delivery(10))
    kit.trigger(broker, fails_first(beside, 2), delivery=delivery(10))

    async def run() -> None:
        await broker.send("one")
        await beside.wait(3)  # so the first attempt of the others is over
        expect(not opens.received, "a refused connection", opens.received)
        await kit.open(opens)
        await opens.wait_for("one")
        await sink.wait_for("one")
        kit.received_only(opens, "one")
        kit.received_only(sink, "one")

    return run

"""Items 55, 71, 75, 76 and 78: answers that are events, or are not."""

import base64

from tests.conformance.callbacks import Answer, Received
from tests.conformance.ingress import binary
from tests.conformance.kit import MUST, SHOULD, DiffersError, Kit, Run, expect, item

__all__: list[str] = []

QUICK = {"retry": 1, "backoffPolicy": "linear", "backoffDelay": "PT0.1S"}


@item(55, MUST, "a reply goes to the triggers it matches, and the original does not")
def transformation(kit: Kit) -> Run:
    broker = kit.broker()
    transformer, wanted, everything = kit.receiver(), kit.receiver(), kit.receiver()
    transformer.answer = lambda received, _attempt: Answer(
        200, binary(f"{received.id}-reply", "changed"), b"changed"
    )
    kit.trigger(broker, transformer, filter={"attributes": {"type": "original"}})
    kit.trigger(broker, wanted, filter={"attributes": {"type": "changed"}})
    kit.trigger(broker, everything)

    async def run() -> None:
        await broker.send("one", "original")
        expect((await wanted.wait_for("one-reply")).data == b"changed", "the reply's data", "other")
        await everything.wait(2)
        kit.received_only(transformer, "one")
        kit.received_only(wanted, "one-reply")
        kit.received_only(everything, "one", "one-reply")

    return run


@item(55, MUST, "a structured reply is one too")
def structured_reply(kit: Kit) -> Run:
    broker, asked, wanted = kit.broker(), kit.receiver(), kit.receiver()
    reply = b'{"specversion":"1.0","id":"r","type":"changed","source":"/kit","data":{"a":1}}'
    asked.answer = lambda _received, _attempt: Answer(
        200, {"content-type": "application/cloudevents+json"}, reply
    )
    kit.trigger(broker, asked, filter={"attributes": {"type": "original"}})
    kit.trigger(broker, wanted, filter={"attributes": {"type": "changed"}})

    async def run() -> None:
        await broker.send("one", "original")
        await wanted.wait_for("r")
        kit.received_only(wanted, "r")

    return run


@item(71, SHOULD, "a malformed reply fails the delivery, which is tried again")
def malformed_reply(kit: Kit) -> Run:
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    malformed = {"ce-specversion": "1.0", "ce-id": "r", "ce-type": "t", "ce-source": ""}
    receiver.answer = lambda _received, _attempt: Answer(200, malformed)
    kit.trigger(broker, receiver, delivery={**QUICK, "deadLetterSink": {"uri": sink.url}})

    async def run() -> None:
        await broker.send("one")
        await sink.wait_for("one")
        kit.received_only(receiver, "one", "one")
        kit.received_only(sink, "one")

    return run


@item(75, SHOULD, "an event in a 202 is no reply")
def reply_in_202(kit: Kit) -> Run:
    broker, receiver, wanted = kit.broker(), kit.receiver(), kit.receiver()

    def answer(received: Received, _attempt: int) -> Answer:
        return Answer(202 if received.id == "one" else 200, binary(f"{received.id}-r", "changed"))

    receiver.answer = answer
    kit.trigger(broker, receiver, filter={"attributes": {"type": "original"}})
    kit.trigger(broker, wanted, filter={"attributes": {"type": "changed"}})

    async def run() -> None:
        await broker.send("one", "original")
        await receiver.wait_for("one")
        await broker.send("end", "original")
        await wanted.wait_for("end-r")
        if not wanted.of("one-r"):
            kit.received_only(wanted, "end-r")
            raise DiffersError("not routed, as the specification says; Knative routes it")

    return run


def _text_reply(kit: Kit, annotations: dict[str, str]) -> Run:
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    receiver.answer = lambda received, _attempt: (
        Answer(200, {"content-type": "text/plain"}, b"OK") if received.id == "one" else Answer(400)
    )
    kit.trigger(
        broker,
        receiver,
        annotations=annotations,
        delivery={**QUICK, "deadLetterSink": {"uri": sink.url}},
    )

    async def run() -> None:
        await broker.send("one")
        await receiver.wait_for("one")
        await broker.send("end")
        await sink.wait_for("end")
        if annotations:
            await sink.wait_for("one")
        if sink.of("one"):
            expect(len(receiver.of("one")) == 2, "a retry", len(receiver.of("one")))
            return
        kit.received_only(receiver, "one", "end")
        raise DiffersError("without poplin.dev/reply-policy: strict it is a success, and counted")

    return run


@item(76, SHOULD, "a 200 with a text body is a failure (poplin.dev/reply-policy: strict)")
def strict_text_reply(kit: Kit) -> Run:
    return _text_reply(kit, {"poplin.dev/reply-policy": "strict"})


@item(76, SHOULD, "a 200 with a text body is a failure")
def text_reply(kit: Kit) -> Run:
    return _text_reply(kit, {})


@item(78, SHOULD, "a loop of replies ends after at most 255 hops")
def loop(kit: Kit) -> Run:
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()

    def answer(_received: Received, _attempt: int) -> Answer:
        count = len(receiver.received) + 1
        return Answer(200, binary(f"hop-{count}"))

    receiver.answer = answer
    kit.trigger(broker, receiver, delivery={"retry": 0, "deadLetterSink": {"uri": sink.url}})

    async def run() -> str:
        await broker.send("hop-0")
        (dead,) = await sink.wait(1, 45.0)
        hops = len(receiver.received)
        expect(hops <= 256, "at most 255 replies routed", hops)
        error = base64.b64decode(dead.attributes.get("knativeerrordata", ""))[:80]
        return f"{hops} deliveries, then dead-lettered: {error!r}"

    return run

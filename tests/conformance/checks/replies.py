"""Items 55, 71, 75, 76 and 78: answers that are events, or are not."""

import base64

from tests.conformance.callbacks import Answer, Received
from tests.conformance.ingress import binary
from tests.conformance.kit import MUST, SHOULD, DiffersError, Kit, Run, expect, item

__all__: list[str] = []

QUICK = {"retry": 1, "backoffPolicy": "linear", "backoffDelay": "PT0.1S"}
LATER = ("end", "last")
"""Two sentinels, the second sent when the first is settled: what was sent before has had its time."""
LOOP_S = 30.0


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
        data = (await wanted.wait_for("one-reply")).data
        expect(data == b"changed", "the reply's data", data)
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


MALFORMED = {
    "an empty source": Answer(200, binary("r", "changed", source="")),
    "a relative dataschema": Answer(200, binary("r", "changed", dataschema="relative")),
    "no JSON": Answer(200, {"content-type": "application/cloudevents+json"}, b"{"),
    "JSON without a type": Answer(
        200,
        {"content-type": "application/cloudevents+json"},
        b'{"specversion":"1.0","id":"r","source":"/kit"}',
    ),
}


def _malformed_reply(kit: Kit, malformed: Answer) -> Run:
    """To `two` the answer is malformed twice, to `one` once and then a good reply."""
    broker, receiver, wanted, sink = (kit.broker(), *(kit.receiver() for _ in range(3)))
    good = Answer(200, binary("good", "changed"))
    receiver.answer = lambda received, attempt: (
        malformed if attempt == 1 or received.id == "two" else good
    )
    kit.trigger(
        broker,
        receiver,
        filter={"attributes": {"type": "original"}},
        delivery={**QUICK, "deadLetterSink": {"uri": sink.url}},
    )
    kit.trigger(broker, wanted, filter={"attributes": {"type": "changed"}})

    async def run() -> None:
        for event in ("one", "two"):
            await broker.send(event, "original")
        await wanted.wait_for("good")
        await sink.wait_for("two")
        kit.received_only(receiver, "one", "one", "two", "two")
        kit.received_only(wanted, "good")
        kit.received_only(sink, "two")

    return run


def _register() -> None:
    for what, malformed in MALFORMED.items():

        @item(71, SHOULD, f"a malformed reply fails the delivery, which is tried again: {what}")
        def declare(kit: Kit, malformed: Answer = malformed) -> Run:
            return _malformed_reply(kit, malformed)


_register()


@item(75, SHOULD, "an event in a 202: Knative routes it as a reply")
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
        for later in LATER:
            await broker.send(later, "original")
            await wanted.wait_for(f"{later}-r")
        if not wanted.of("one-r"):
            kit.received_only(wanted, *(f"{later}-r" for later in LATER))
            raise DiffersError("not routed, as the specification says; Knative routes it")
        kit.received_only(wanted, "one-r", *(f"{later}-r" for later in LATER))

    return run


def _text_reply(kit: Kit, annotations: dict[str, str]) -> Run:
    """What follows fails with a retry too, so it is not dead-lettered before `one` would be."""
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    text = Answer(200, {"content-type": "text/plain"}, b"OK")
    receiver.answer = lambda received, _attempt: text if received.id == "one" else Answer(503)
    kit.trigger(
        broker,
        receiver,
        annotations=annotations,
        delivery={**QUICK, "deadLetterSink": {"uri": sink.url}},
    )
    is_strict = bool(annotations)

    async def run() -> None:
        await broker.send("one")
        await receiver.wait_for("one")
        for later in LATER:
            await broker.send(later)
            await sink.wait_for(later)
        twice = [*LATER, *LATER]
        if is_strict or sink.of("one"):
            await sink.wait_for("one")
            kit.received_only(sink, "one", *LATER)
            kit.received_only(receiver, "one", "one", *twice)
            return
        kit.received_only(receiver, "one", *twice)
        raise DiffersError("without poplin.dev/reply-policy: strict it is a success")

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
    receiver.answer = lambda _received, _attempt: Answer(
        200, binary(f"hop-{len(receiver.received)}")
    )
    kit.trigger(broker, receiver, delivery={"retry": 0, "deadLetterSink": {"uri": sink.url}})

    async def run() -> str:
        await broker.send("hop-0")
        try:
            (dead,) = await sink.wait(1, LOOP_S)
        except TimeoutError:
            dead = None
        hops = len(receiver.received)
        expect(hops <= 256, "at most 255 replies routed", hops)
        kit.received_only(receiver, *(f"hop-{hop}" for hop in range(hops)))
        if dead is None:
            return f"{hops} deliveries, then nothing"
        error = base64.b64decode(dead.attributes.get("knativeerrordata", ""))[:80]
        return f"{hops} deliveries, then {dead.id} was dead-lettered: {error!r}"

    return run

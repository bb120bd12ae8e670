"""Items 60 and 62-64: what a dead-letter sink gets."""

import base64

from tests.conformance.callbacks import Answer
from tests.conformance.kit import MUST, SHOULD, Kit, Run, expect, item

__all__: list[str] = []

BODY = b'{ "message": "catastrophic failure" }'


@item(60, MUST, "with a trigger's own sink the broker's gets nothing")
def own_sink(kit: Kit) -> Run:
    brokers, own, receiver = kit.receiver(), kit.receiver(), kit.receiver()
    receiver.answer = lambda _received, _attempt: Answer(400)
    broker = kit.broker(delivery={"deadLetterSink": {"uri": brokers.url}})
    kit.trigger(broker, receiver, delivery={"deadLetterSink": {"uri": own.url}})

    async def run() -> None:
        await broker.send("one")
        await own.wait_for("one")
        kit.received_only(own, "one")
        kit.received_only(brokers)

    return run


@item(62, MUST, "an unreachable subscriber: knativeerrordest is its URI")
def unreachable(kit: Kit) -> Run:
    subscriber, sink = kit.closed_receiver(), kit.receiver()
    broker = kit.broker(delivery={"deadLetterSink": {"uri": sink.url}})
    kit.trigger(broker, subscriber)

    async def run() -> str:
        await broker.send("one")
        found = (await sink.wait_for("one")).attributes
        destination = found.get("knativeerrordest")
        expect(destination == subscriber.url, subscriber.url, destination)
        kit.received_only(sink, "one")
        return f"knativeerrorcode {found.get('knativeerrorcode')}"

    return run


def _refused(kit: Kit, body: bytes) -> Run:
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    receiver.answer = lambda _received, _attempt: Answer(422, body=body)
    kit.trigger(broker, receiver, delivery={"retry": 3, "deadLetterSink": {"uri": sink.url}})

    async def run() -> None:
        await broker.send("one", data=b"payload")
        dead = await sink.wait_for("one")
        found = dead.attributes
        expect(dead.data == b"payload", "the original's data", dead.data)
        expect(found.get("knativeerrorcode") == "422", "code 422", found.get("knativeerrorcode"))
        expect(
            found.get("knativeerrordest") == receiver.url,
            receiver.url,
            found.get("knativeerrordest"),
        )
        wanted = base64.b64encode(body).decode()
        expect(found.get("knativeerrordata", "") == wanted, wanted, found.get("knativeerrordata"))
        kit.received_only(receiver, "one")
        kit.received_only(sink, "one")

    return run


@item(63, MUST, "422 without a body: one dead letter with destination and code")
def without_body(kit: Kit) -> Run:
    return _refused(kit, b"")


@item(64, MUST, "422 with a body: knativeerrordata is its base64")
def with_body(kit: Kit) -> Run:
    return _refused(kit, BODY)


@item(64, SHOULD, "knativeerrordata has at most 1,024 characters")
def long_body(kit: Kit) -> Run:
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    receiver.answer = lambda _received, _attempt: Answer(422, body=b"x" * 5000)
    kit.trigger(broker, receiver, delivery={"deadLetterSink": {"uri": sink.url}})

    async def run() -> None:
        await broker.send("one")
        found = (await sink.wait_for("one")).attributes.get("knativeerrordata", "")
        wanted = base64.b64encode(b"x" * 5000).decode()[:1024]
        expect(found == wanted, "the first 1,024 characters", f"{len(found)} characters")

    return run

"""Items 52-54, 59, 65, 66 and 70: what a subscriber gets."""

import json

from tests.conformance.callbacks import Answer
from tests.conformance.ingress import binary
from tests.conformance.kit import MUST, SHOULD, Kit, Run, expect, item

__all__: list[str] = []

EXTENSIONS = {"comext": "value", "c1d2e3": "2", "traceparent": "00-0af7-b7ad-01"}


@item(52, SHOULD, "attributes and data arrive as they were sent")
def unchanged(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        attributes = {
            "subject": "a/b",
            "time": "2026-01-02T03:04:05.123456789+01:00",
            "dataschema": "https://example.com/schema",
            **EXTENSIONS,
        }
        data = b'{"big": 18446744073709551617, "text": "\xf0\x9f\x8c\x8e", "n": 1.10}\n'
        await broker.post(
            {**binary("all", **attributes), "content-type": "application/json; charset=utf-8"}, data
        )
        received = await receiver.wait_for("all")
        sent = {name.removeprefix("ce-"): each for name, each in binary("all").items()} | attributes
        expect(sent.items() <= received.attributes.items(), f"{sent}", received.attributes)
        found = received.headers.get("content-type")
        expect(found == "application/json; charset=utf-8", "the content type", found)
        expect(received.data == data, f"{data!r}", received.data)

    return run


@item(53, MUST, "a trigger without a filter gets the event")
def no_filter(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        await broker.send("one")
        await receiver.wait_for("one")
        kit.received_only(receiver, "one")

    return run


@item(54, MUST, "routing: by type, both, one of two, none")
def routing(kit: Kit) -> Run:
    broker = kit.broker()
    first, second, both = kit.receiver(), kit.receiver(), kit.receiver()
    kit.trigger(broker, first, filter={"attributes": {"type": "first"}})
    kit.trigger(broker, second, filter={"attributes": {"type": "second"}})
    kit.trigger(broker, both)
    kit.trigger(broker, both, filter={"attributes": {"type": "second"}})

    async def run() -> None:
        await broker.send("a", "first")
        await broker.send("b", "second")
        await broker.send("c", "neither")
        await broker.send("end", "first")
        await first.wait_for("end")
        await second.wait_for("b")
        await both.wait(5)
        kit.received_only(first, "a", "end")
        kit.received_only(second, "b")
        kit.received_only(both, "a", "b", "b", "c", "end")

    return run


@item(59, MUST, "a bad trigger does not affect a good one")
def bad_and_good(kit: Kit) -> Run:
    broker, good, bad = kit.broker(delivery={"retry": 0}), kit.receiver(), kit.receiver()
    bad.answer = lambda _received, _attempt: Answer(ends="reset")
    kit.trigger(broker, bad)
    kit.trigger(broker, kit.closed_receiver())
    kit.trigger(broker, good)

    async def run() -> None:
        for number in range(10):
            await broker.send(str(number))
        await good.wait(10)
        kit.received_only(good, *map(str, range(10)))

    return run


@item(65, MUST, "36,864 bytes, 1 MB, and a reply of 36,000 bytes arrive whole, once")
def large(kit: Kit) -> Run:
    broker, receiver, replied = kit.broker(), kit.receiver(), kit.receiver()
    reply = b"r" * 36_000
    kit.trigger(broker, receiver, filter={"attributes": {"type": "large"}})
    kit.trigger(broker, replied, filter={"attributes": {"type": "reply"}})
    receiver.answer = lambda received, _attempt: (
        Answer(200, binary("r", "reply"), reply) if received.id == "36864" else Answer()
    )

    async def run() -> None:
        sizes = (36_864, 1_000_000)
        for size in sizes:
            await broker.send(str(size), "large", b"x" * size)
        for size in sizes:
            found = (await receiver.wait_for(str(size))).data
            expect(found == b"x" * size, f"{size} bytes", f"{len(found)} bytes")
        found = (await replied.wait_for("r")).data
        expect(found == reply, "a reply of 36,000 bytes", f"{len(found)} bytes")
        kit.received_only(receiver, *map(str, sizes))
        kit.received_only(replied, "r")

    return run


@item(66, MUST, "delivery.format json and binary")
def formats(kit: Kit) -> Run:
    broker, as_json, as_binary = kit.broker(), kit.receiver(), kit.receiver()
    kit.trigger(broker, as_json, delivery={"format": "json"})
    kit.trigger(broker, as_binary, delivery={"format": "binary"})

    async def run() -> None:
        await broker.post({**binary("b"), "content-type": "application/json"}, b'{"a": 1.10}')
        await broker.send_structured({"id": "s", "data": {"a": 2}})
        for event, wanted in (("b", {"a": 1.1}), ("s", {"a": 2})):
            received = await as_json.wait_for(event)
            expect(received.is_structured, "structured mode", received.headers)
            expect(json.loads(received.data)["data"] == wanted, f"{wanted}", received.data)
            received = await as_binary.wait_for(event)
            expect(not received.is_structured, "binary mode", received.headers)
            expect(json.loads(received.data) == wanted, f"{wanted}", received.data)

    return run


@item(70, SHOULD, "one subscriber in two triggers gets the event twice")
def twice(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)
    kit.trigger(broker, receiver)

    async def run() -> None:
        await broker.send("one")
        await receiver.wait(2)
        kit.received_only(receiver, "one", "one")

    return run

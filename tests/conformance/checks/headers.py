"""Items 56, 57, 69 and 77: which HTTP headers a subscriber sees."""

from tests.conformance.callbacks import Answer
from tests.conformance.ingress import binary
from tests.conformance.kit import MUST, SHOULD, Kit, Run, expect, item

__all__: list[str] = []


@item(56, MUST, "Prefer: reply on the subscriber's request")
def prefer(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        await broker.send("one")
        found = (await receiver.wait_for("one")).headers.get("prefer")
        expect(found == "reply", "Prefer: reply", found)

    return run


@item(57, MUST, "Kn-Namespace to the subscriber and to the dead-letter sink")
def namespace(kit: Kit) -> Run:
    broker, receiver, sink = kit.broker(), kit.receiver(), kit.receiver()
    receiver.answer = lambda _received, _attempt: Answer(400)
    kit.trigger(broker, receiver, delivery={"deadLetterSink": {"uri": sink.url}})

    async def run() -> None:
        await broker.send("one")
        for each in (await receiver.wait_for("one"), await sink.wait_for("one")):
            found = each.headers.get("kn-namespace")
            expect(found == kit.ingress.namespace, f"Kn-Namespace: {kit.ingress.namespace}", found)

    return run


@item(69, MUST, "headers that begin with knative- are forwarded")
def knative_headers(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        await broker.post({**binary("one"), "knative-hello": "world"})
        found = (await receiver.wait_for("one")).headers.get("knative-hello")
        expect(found == "world", "knative-hello: world", found)

    return run


@item(77, SHOULD, "other headers do not pass: only x-request-id, x-b3-*, knative-*")
def passed_headers(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)
    passed = {"x-request-id": "r1", "x-b3-traceid": "80f1", "knative-x": "y"}
    kept_out = {"x-custom": "1", "cookie": "a=b", "x-forwarded-for": "10.0.0.1"}

    async def run() -> None:
        await broker.post({**binary("one"), **passed, **kept_out, "authorization": "Bearer secret"})
        found = (await receiver.wait_for("one")).headers
        expect(passed.items() <= found.items(), f"{passed}", found)
        leaked = [name for name in (*kept_out, "authorization") if name in found]
        expect(not leaked, "none of the others", leaked)

    return run


@item(77, SHOULD, "those of an answer that is a reply go with the reply, others do not")
def reply_headers(kit: Kit) -> Run:
    broker, asked, wanted = kit.broker(), kit.receiver(), kit.receiver()
    asked.answer = lambda _received, _attempt: Answer(
        200, {**binary("r", "changed"), "knative-reply": "yes", "x-custom": "1"}
    )
    kit.trigger(broker, asked, filter={"attributes": {"type": "original"}})
    kit.trigger(broker, wanted, filter={"attributes": {"type": "changed"}})

    async def run() -> None:
        await broker.send("one", "original")
        found = (await wanted.wait_for("r")).headers
        expect(found.get("knative-reply") == "yes", "knative-reply: yes", found)
        expect("x-custom" not in found, "no x-custom", found)

    return run

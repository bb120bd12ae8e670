"""Items 37-41, 44-46, 48 and 49: which events the ingress takes."""

import json

from tests.conformance.ingress import Broker, binary, without
from tests.conformance.kit import MAY, MUST, SHOULD, DiffersError, Kit, Run, expect, item

__all__: list[str] = []

JSON = {"content-type": "application/json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}


async def _expect_status(broker: Broker, headers: dict[str, str], data: bytes, *wanted: int) -> int:
    answer = await broker.post(headers, data)
    what = f"{wanted[0]}" if len(wanted) == 1 else f"{wanted[0]}-{wanted[-1]}"
    expect(answer.status_code in wanted, f"{what} for {headers}", answer.status_code)
    return answer.status_code


async def _expect_2xx(broker: Broker, headers: dict[str, str], data: bytes = b"{}") -> int:
    return await _expect_status(broker, headers, data, *range(200, 300))


@item(37, MUST, "CloudEvents 1.0 and 0.3 are accepted")
def versions(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        for version in ("1.0", "0.3"):
            await _expect_2xx(broker, binary(specversion=version))

    return run


@item(38, MAY, "an unknown specversion is refused")
def unknown_version(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        seen = [
            (await broker.post(binary(specversion=version), b"{}")).status_code
            for version in ("19.0", "9000.1")
        ]
        expect(max(seen) < 500, "2xx or 4xx", seen)
        return "MAY: answered " + ", ".join(map(str, sorted(set(seen))))

    return run


@item(39, SHOULD, "an event of 0.3 stays one")
def no_upgrade(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        await broker.send_structured({"specversion": "0.3", "id": "old", "data": {"a": 1}})
        found = (await receiver.wait_for("old")).attributes["specversion"]
        expect(found == "0.3", "specversion 0.3", found)

    return run


@item(40, SHOULD, "binary mode with any content type")
def content_types(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        for content_type in (
            "application/vnd.apache.thrift.binary",
            "application/xml",
            "application/json",
        ):
            await _expect_2xx(broker, {**binary(), "content-type": content_type})

    return run


@item(41, SHOULD, "structured mode in JSON")
def structured(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        event = {"specversion": "1.0", "id": "1", "type": "t", "source": "/s", "data": {}}
        await _expect_2xx(broker, STRUCTURED, json.dumps(event).encode())

    return run


@item(44, MUST, "what is accepted is answered 2xx, by the old suite exactly 202")
def accepted(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        return f"with {await _expect_2xx(broker, binary())}"

    return run


@item(45, MUST, "no specversion is 4xx")
def no_version(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        headers = {**without("specversion"), **JSON}
        return f"with {await _expect_status(broker, headers, b'{}', *range(400, 500))}"

    return run


@item(46, SHOULD, "no id, source or type is 400")
def no_required(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        for name in ("id", "source", "type"):
            await _expect_status(broker, without(name), b"{}", 400)

    return run


@item(48, SHOULD, "what is no event is 400: names, subject, dataschema, time")
def malformed(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        for headers in (
            {**binary(), "ce-my-ext": "x"},
            binary(dataschema="relative"),
            binary(time="yesterday"),
        ):
            await _expect_status(broker, headers, b"{}", 400)
        event = {"specversion": "1.0", "id": "1", "type": "t", "source": "/s", "subject": "  "}
        await _expect_status(broker, STRUCTURED, json.dumps(event).encode(), 400)

    return run


@item(48, SHOULD, "a batch is 400, or accepted event by event")
def batch(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        event = {"specversion": "1.0", "type": "t", "source": "/s"}
        body = json.dumps([{**event, "id": "first"}, {**event, "id": "second"}]).encode()
        headers = {"content-type": "application/cloudevents-batch+json"}
        answer = await broker.post(headers, body)
        if answer.is_success:
            await receiver.wait(2)
            kit.received_only(receiver, "first", "second")
            raise DiffersError(f"accepted with {answer.status_code}, event by event")
        expect(answer.status_code == 400, "400, or 2xx and both events", answer.status_code)

    return run


@item(49, SHOULD, "hops: 0 and 1 are refused, 2 and none accepted, never seen by the subscriber")
def hops(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        for used_up in ("0", "1"):
            await _expect_status(broker, binary(used_up, knativebrokerttl=used_up), b"", 400)
        await _expect_2xx(broker, binary("two", knativebrokerttl="2"))
        await _expect_2xx(broker, binary("none"))
        for received in await receiver.wait(2):
            expect(
                "knativebrokerttl" not in received.attributes,
                "no knativebrokerttl",
                received.attributes,
            )
        kit.received_only(receiver, "two", "none")

    return run

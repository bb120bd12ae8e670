"""Items 37-51: what the ingress says."""

import json

from tests.conformance.ingress import Broker, binary
from tests.conformance.kit import (
    MAY,
    MUST,
    SHOULD,
    DiffersError,
    Kit,
    Run,
    expect,
    item,
)

__all__: list[str] = []

JSON = {"content-type": "application/json"}
STRUCTURED = {"content-type": "application/cloudevents+json"}


def _without(name: str) -> dict[str, str]:
    return {each: value for each, value in binary().items() if each != f"ce-{name}"}


async def _expect_status(broker: Broker, headers: dict[str, str], data: bytes, *wanted: int) -> int:
    answer = await broker.post(headers, data)
    expect(answer.status_code in wanted, f"{wanted} for {headers}", answer.status_code)
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
        for version in ("19.0", "9000.1"):
            await _expect_status(broker, binary(specversion=version), b"{}", *range(400, 500))
        return "refused"

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


@item(42, MUST, "GET is 405")
def get(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        answer = await kit.ingress.request("GET", broker.path)
        expect(answer.status_code == 405, "405", answer.status_code)

    return run


@item(43, MUST, "OPTIONS is 200 or 405 and allows POST")
def options(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        answer = await kit.ingress.request(
            "OPTIONS", broker.path, {"WebHook-Request-Origin": "kit.example.com"}
        )
        expect(answer.status_code in (200, 405), "200 or 405", answer.status_code)
        allowed = answer.headers.get("allow", "")
        expect("POST" in allowed, "Allow with POST", allowed)
        origin = answer.headers.get("webhook-allowed-origin", "none")
        return f"{answer.status_code}, WebHook-Allowed-Origin: {origin}"

    return run


@item(44, MUST, "what is accepted is answered 2xx")
def accepted(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        return f"with {await _expect_2xx(broker, binary())}"

    return run


@item(45, MUST, "no specversion is 4xx")
def no_version(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        headers = {**_without("specversion"), **JSON}
        return f"with {await _expect_status(broker, headers, b'{}', *range(400, 500))}"

    return run


@item(46, SHOULD, "no id, source or type is 400")
def no_required(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> None:
        for name in ("id", "source", "type"):
            await _expect_status(broker, _without(name), b"{}", 400)

    return run


@item(47, SHOULD, "paths and methods")
def paths(kit: Kit) -> Run:
    broker = kit.broker()
    missing = f"/{kit.ingress.namespace}/no-such-broker"

    async def run() -> None:
        cases: list[tuple[str, str, dict[str, str], range]] = [
            ("POST", "/", binary(), range(404, 405)),
            ("POST", f"/{kit.ingress.namespace}", binary(), range(400, 401)),
            ("POST", f"{broker.path}/more", binary(), range(400, 401)),
            ("POST", missing, binary(), range(404, 405)),
            ("POST", missing, _without("id"), range(400, 401)),
            ("POST", f"{broker.path}/", binary(), range(200, 300)),
            ("POST", f"{broker.path}?q=1", binary(), range(404, 405)),
            *[
                (method, broker.path, {}, range(405, 406))
                for method in ("PUT", "DELETE", "PATCH", "HEAD")
            ],
        ]
        for method, path, headers, wanted in cases:
            answer = await kit.ingress.request(method, path, headers)
            expect(
                answer.status_code in wanted, f"{wanted} for {method} {path}", answer.status_code
            )

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
        if await _expect_status(broker, headers, body, 400, *range(200, 300)) != 400:
            await receiver.wait(2)
            kit.received_only(receiver, "first", "second")
            raise DiffersError("batches are accepted, event by event")

    return run


@item(49, SHOULD, "hops: 1 is refused, 2 and none accepted, never seen by the subscriber")
def hops(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> None:
        await _expect_status(broker, binary("one", knativebrokerttl="1"), b"", 400)
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


@item(50, SHOULD, "the address is http or https")
def address(kit: Kit) -> Run:
    async def run() -> None:
        expect(kit.ingress.url.startswith(("http://", "https://")), "http(s)", kit.ingress.url)

    return run


@item(51, SHOULD, "probes are answered on any path")
def probes(kit: Kit) -> Run:
    async def run() -> None:
        answer = await kit.ingress.request(
            "GET", "/any/path/at/all", {"user-agent": "kube-probe/1"}
        )
        expect(answer.status_code == 200, "200 for kube-probe", answer.status_code)
        headers = {"k-network-probe": "probe", "k-network-hash": "h1"}
        answer = await kit.ingress.request("GET", "/", headers)
        seen = (answer.status_code, answer.headers.get("k-network-hash"))
        expect(seen == (200, "h1"), "200 with the hash for K-Network-Probe", seen)
        answer = await kit.ingress.request("GET", "/", {"k-network-probe": "probe"})
        expect(answer.status_code == 400, "400 for a probe without a hash", answer.status_code)

    return run

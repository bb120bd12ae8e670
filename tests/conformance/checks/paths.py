"""Items 42, 43, 47, 50 and 51: methods, paths and probes."""

from tests.conformance.ingress import binary, without
from tests.conformance.kit import MUST, SHOULD, Kit, Run, expect, item

__all__: list[str] = []


@item(42, MUST, "GET is 405")
def get(kit: Kit) -> Run:
    broker = kit.broker()

    async def run() -> str:
        answer = await kit.ingress.request("GET", broker.path, binary())
        expect(answer.status_code == 405, "405", answer.status_code)
        return f"Allow: {answer.headers.get('allow', 'none')}"

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


@item(47, SHOULD, "paths and methods, the first that applies: method, path, event, broker")
def paths(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)
    missing = f"/{kit.ingress.namespace}/no-such-broker"
    no_event = without("id")
    methods = ("PUT", "DELETE", "PATCH", "HEAD")
    cases: list[tuple[str, str, dict[str, str], tuple[int, ...]]] = [
        *[(method, broker.path, {}, (405,)) for method in methods],
        ("PUT", "/", {}, (405,)),
        ("PUT", missing, {}, (405,)),
        ("OPTIONS", missing, {}, (200, 405)),
        ("POST", "/", binary("kept-out"), (404,)),
        ("POST", "/", no_event, (404,)),
        ("POST", f"/{kit.ingress.namespace}", binary("kept-out"), (400,)),
        ("POST", f"{broker.path}/more", binary("kept-out"), (400,)),
        ("POST", missing, no_event, (400,)),
        ("POST", missing, binary("kept-out"), (404,)),
        ("POST", f"{broker.path}?q=1", binary("kept-out"), (404,)),
        ("POST", f"{broker.path}/", binary("slash"), (200, 202, 204)),
    ]

    async def run() -> None:
        for method, path, headers, wanted in cases:
            answer = await kit.ingress.request(method, path, headers)
            what = " or ".join(map(str, wanted))
            expect(answer.status_code in wanted, f"{what} for {method} {path}", answer.status_code)
        await receiver.wait_for("slash")
        kit.received_only(receiver, "slash")

    return run


@item(50, SHOULD, "the address is http or https")
def address(kit: Kit) -> Run:
    async def run() -> None:
        expect(kit.ingress.url.startswith(("http://", "https://")), "http(s)", kit.ingress.url)

    return run


@item(51, SHOULD, "probes are answered first: any path, any method, and never as events")
def probes(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)
    kube = {"user-agent": "kube-probe/1"}
    network = {"k-network-probe": "probe", "k-network-hash": "h1"}

    async def run() -> None:
        for method, path in (("GET", "/any/path/at/all"), ("DELETE", "/"), ("POST", broker.path)):
            answer = await kit.ingress.request(method, path, {**binary("probe"), **kube})
            expect(answer.status_code == 200, "200 for kube-probe", answer.status_code)
            answer = await kit.ingress.request(method, path, {**binary("probe"), **network})
            seen = (answer.status_code, answer.headers.get("k-network-hash"))
            expect(seen == (200, "h1"), "200 with the hash for K-Network-Probe", seen)
        answer = await kit.ingress.request("GET", "/", {"k-network-probe": "probe"})
        expect(answer.status_code == 400, "400 for a probe without a hash", answer.status_code)
        await broker.send("end")
        await receiver.wait_for("end")
        kit.received_only(receiver, "end")

    return run

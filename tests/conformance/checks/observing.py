"""Items 72 and 73: metrics and traces."""

import asyncio
import re
from collections.abc import Awaitable, Callable

from tests.conformance.callbacks import WAIT_S
from tests.conformance.ingress import binary, without
from tests.conformance.kit import SHOULD, Kit, Run, SkipError, expect, item

__all__: list[str] = []

_SAMPLE = re.compile(r"^(\w+\{.*\}) ([^ \n]+)", re.MULTILINE)
_PAUSE_S = 0.1

Samples = dict[str, float]
Read = Callable[[str], Awaitable[Samples]]


def samples(text: str, name: str) -> Samples:
    """Of a Prometheus page, those whose labels name this broker or trigger."""
    named = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    return {sample: float(value) for sample, value in _SAMPLE.findall(text) if named.search(sample)}


@item(72, SHOULD, "metrics for malformed, accepted and delivered events")
def metrics(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    trigger = kit.trigger(broker, receiver, filter={"attributes": {"type": "delivered"}})

    async def run() -> str:
        url = kit.ingress.metrics_url
        if url is None:
            raise SkipError("no --metrics URL was given")

        async def read(name: str) -> Samples:
            return samples((await kit.ingress.client.get(url)).text, name)

        before = await read(broker.name)
        await broker.post(without("id"))
        malformed = await _grown(read, broker.name, before, "a malformed event")
        before = await read(broker.name)
        await broker.send("accepted", "accepted")
        accepted = await _grown(read, broker.name, before, "an accepted event")
        before = await read(trigger)
        await broker.send("delivered", "delivered")
        await receiver.wait_for("delivered")
        delivered = await _grown(read, trigger, before, "a delivered event")
        return f"{malformed}, {accepted}, {delivered}"

    return run


async def _grown(read: Read, name: str, before: Samples, why: str) -> str:
    """The name of a metric that grew; pages may be a little behind."""
    found: list[str] = []
    for _ in range(round(WAIT_S / _PAUSE_S)):
        found = [
            sample for sample, value in (await read(name)).items() if value > before.get(sample, 0)
        ]
        if found:
            break
        await asyncio.sleep(_PAUSE_S)
    expect(bool(found), f"a metric of {name} to grow with {why}", "none")
    return found[0].partition("{")[0]


@item(73, SHOULD, "trace headers are preserved or updated, ce-traceparent passes unchanged")
def trace(kit: Kit) -> Run:
    broker, receiver = kit.broker(), kit.receiver()
    kit.trigger(broker, receiver)

    async def run() -> str:
        trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
        sent = f"00-{trace_id}-{span_id}-01"
        await broker.post(
            {**binary("one", traceparent=sent), "traceparent": sent, "tracestate": "kit=1"}
        )
        received = await receiver.wait_for("one")
        found = received.attributes.get("traceparent")
        expect(found == sent, f"ce-traceparent: {sent}", found)
        header = received.headers.get("traceparent", "none")
        expect(trace_id in header, f"traceparent of trace {trace_id}", header)
        how = "unchanged" if header == sent else "with a span of its own"
        return f"traceparent {how}; spans are not seen from outside"

    return run

"""Whether brokers serve: asked before the checks begin, with events that only ask."""

import asyncio
from collections.abc import Sequence

import httpx

from tests.conformance.callbacks import PROBE_TYPE, Callbacks, Receiver
from tests.conformance.ingress import Ingress, binary
from tests.conformance.resources import Resources

__all__ = ["declare_ready", "find_unready"]

_PAUSE_S = 0.1
_READY_TYPE = f"{PROBE_TYPE}.ready"


def declare_ready(resources: Resources, callbacks: Callbacks) -> Receiver:
    """Gives every broker declared so far a trigger for the events that ask."""
    ready = callbacks.receiver("ready", takes_probes=True)
    for broker in resources.brokers:
        spec: dict[str, object] = {
            "subscriber": {"uri": ready.url},
            "filter": {"attributes": {"type": _READY_TYPE}},
        }
        resources.trigger(f"{broker}-ready", broker, spec, None)
    return ready


async def find_unready(
    ingress: Ingress, brokers: Sequence[str], ready: Receiver, seconds: float
) -> set[str]:
    """Those that did not take an event and deliver it in that time; the others have."""
    answers = await asyncio.gather(
        *(_is_ready(ingress, broker, ready, seconds) for broker in brokers)
    )
    return {broker for broker, is_ready in zip(brokers, answers, strict=True) if not is_ready}


async def _is_ready(ingress: Ingress, broker: str, ready: Receiver, seconds: float) -> bool:
    try:
        async with asyncio.timeout(seconds):
            while not ready.of(broker):
                await _ask(ingress, broker, ready)
                await asyncio.sleep(_PAUSE_S)
    except TimeoutError:
        return False
    return True


async def _ask(ingress: Ingress, broker: str, ready: Receiver) -> None:
    try:
        answer = await ingress.broker(broker).post(binary(broker, _READY_TYPE))
        if answer.is_success:
            await ready.wait_for(broker, 5.0)
    except (httpx.HTTPError, TimeoutError):
        pass

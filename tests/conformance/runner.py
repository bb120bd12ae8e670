"""Declares every check, waits until the brokers serve, runs all at once, and asks again at the end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import httpx

from tests.conformance.callbacks import PROBE_TYPE, Callbacks, Receiver
from tests.conformance.ingress import Ingress
from tests.conformance.kit import Check, DiffersError, FailError, Kit, Result, Run, SkipError
from tests.conformance.resources import Resources

__all__ = ["Declared", "declare", "run_all", "wait_until_ready"]

_PAUSE_S = 0.1
_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Declared:
    check: Check
    kit: Kit
    run: Run


def declare(
    checks: Sequence[Check], ingress: Ingress, callbacks: Callbacks, resources: Resources
) -> list[Declared]:
    """Each check with a kit whose names no other check has."""
    found: list[Declared] = []
    for check in checks:
        ordinal = 1 + sum(each.check.number == check.number for each in found)
        kit = Kit(f"item-{check.number}-{ordinal}", ingress, callbacks, resources)
        found.append(Declared(check, kit, check.declare(kit)))
    return found


async def wait_until_ready(
    ingress: Ingress, brokers: Sequence[str], ready: Receiver, seconds: float
) -> None:
    """Until each broker takes an event and delivers it. Raises TimeoutError naming one that does not."""
    for broker in brokers:
        try:
            async with asyncio.timeout(seconds):
                await _is_ready(ingress, broker, ready)
        except TimeoutError:
            raise TimeoutError(
                f"broker {ingress.namespace}/{broker} did not deliver within {seconds:g} s"
            ) from None


async def _is_ready(ingress: Ingress, broker: str, ready: Receiver) -> None:
    headers = {
        "ce-specversion": "1.0", "ce-id": broker, "ce-type": f"{PROBE_TYPE}.ready",
        "ce-source": "/kit",
    }  # fmt: skip
    while True:
        try:
            answer = await ingress.broker(broker).post(headers)
            if answer.is_success:
                await ready.wait_for(broker, 5.0)
                return
        except (httpx.HTTPError, TimeoutError):
            pass
        await asyncio.sleep(_PAUSE_S)


async def run_all(declared: Sequence[Declared]) -> list[Result]:
    """In the order of the items. What must not come is looked for once more when all have ended."""
    turns = asyncio.Semaphore(_AT_ONCE)
    results = await asyncio.gather(*(_run(each, turns) for each in declared))
    return [_again(each, result) for each, result in zip(declared, results, strict=True)]


async def _run(declared: Declared, turns: asyncio.Semaphore) -> Result:
    check = declared.check
    result = Result(check.number, check.level, check.title, "pass", "")
    async with turns:
        try:
            return replace(result, detail=await declared.run() or "")
        except DiffersError as differs:
            return replace(result, verdict="differs", detail=str(differs))
        except SkipError as skipped:
            return replace(result, verdict="skipped", detail=str(skipped))
        except (FailError, TimeoutError, httpx.HTTPError) as failure:
            return replace(result, verdict="fail", detail=str(failure) or repr(failure))


def _again(declared: Declared, result: Result) -> Result:
    if result.verdict != "pass":
        return result
    try:
        for check in declared.kit.again:
            check()
    except FailError as failure:
        return replace(result, verdict="fail", detail=f"later: {failure}")
    return result

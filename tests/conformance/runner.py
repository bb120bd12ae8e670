"""Declares every check, runs all at once, and asks again when the last one has ended."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import httpx

from tests.conformance.callbacks import Callbacks
from tests.conformance.ingress import Ingress
from tests.conformance.kit import Check, DiffersError, FailError, Kit, Result, Run, SkipError
from tests.conformance.resources import Resources

__all__ = ["Declared", "declare", "run_all"]

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


async def run_all(
    declared: Sequence[Declared],
    *,
    unready: Collection[str],
    settle: Callable[[], Awaitable[None]],
) -> list[Result]:
    """In the order of the items. A check with an unready broker fails; what must not come is
    looked for once more when all have ended and the brokers have settled.
    """
    turns = asyncio.Semaphore(_AT_ONCE)
    results = await asyncio.gather(*(_run(each, turns, unready) for each in declared))
    with suppress(TimeoutError, httpx.HTTPError):  # a retry that is missing fails item 58
        await settle()
    return [_again(each, result) for each, result in zip(declared, results, strict=True)]


async def _run(declared: Declared, turns: asyncio.Semaphore, unready: Collection[str]) -> Result:
    check = declared.check
    result = Result(check.number, check.level, check.title, "pass", "")
    missing = [broker for broker in declared.kit.brokers if broker in unready]
    if missing:
        return replace(result, verdict="fail", detail=f"broker {missing[0]} did not become ready")
    async with turns:
        try:
            return replace(result, detail=await declared.run() or "")
        except DiffersError as differs:
            return replace(result, verdict="differs", detail=str(differs))
        except SkipError as skipped:
            return replace(result, verdict="skipped", detail=str(skipped))
        except (FailError, TimeoutError, httpx.HTTPError) as failure:
            return replace(result, verdict="fail", detail=str(failure) or repr(failure))
        except Exception as surprise:  # noqa: BLE001 - an odd answer must not end the other checks
            return replace(result, verdict="fail", detail=f"the check ended with {surprise!r}")


def _again(declared: Declared, result: Result) -> Result:
    if result.verdict not in ("pass", "differs"):
        return result
    try:
        for check in declared.kit.again:
            check()
    except FailError as failure:
        return replace(result, verdict="fail", detail=f"later: {failure}")
    return result

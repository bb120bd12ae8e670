"""One row: events at a steady rate, a fault meanwhile, recovery, the balance."""

import asyncio
import os
from collections.abc import Awaitable, Callable

from tests.faults import results
from tests.faults.ledger import Verdict
from tests.faults.system import System

__all__ = ["Disturb", "run_trial", "until_sent"]

MOST_RECOVERY_S = float(os.environ.get("POPLIN_FAULT_WITHIN_S") or "inf")
"""Shorter than what a trial allows, where it is known to fail: the drills."""

Disturb = Callable[["asyncio.Task[None]"], Awaitable[str]]
"""Does its worst while the task sends; returns what it did, for the table."""


async def run_trial(
    fault: str,
    under_test: System,
    disturb: Disturb,
    *,
    events: int,
    rate: float = 500.0,
    within_s: float = 60.0,
) -> Verdict:
    """The row is recorded and its balance is clean. Recovery counts from the end of sending."""
    sending = asyncio.create_task(under_test.produce(events, rate))
    try:
        did = await disturb(sending)
        await sending
    finally:
        sending.cancel()
    recovery = None
    try:
        recovery = await under_test.recovered(min(within_s, MOST_RECOVERY_S))
    except TimeoutError:
        did += "; did not recover"
    found = await under_test.verdict()
    results.record(
        fault,
        found,
        sent=len(under_test.ledger.sent),
        server=await under_test.store.version(),
        seed=under_test.seed,
        recovery_s=recovery,
        notes=did,
    )
    assert found.is_clean, found
    assert recovery is not None, found
    return found


async def until_sent(
    sending: "asyncio.Task[None]", pause: Callable[[], float], act: Callable[[], Awaitable[bool]]
) -> int:
    """Act again and again, with a pause before each; how often it did something."""
    count = 0
    while not sending.done():
        await asyncio.wait({sending}, timeout=pause())
        if not sending.done():
            count += await act()
    return count

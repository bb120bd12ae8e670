"""Every subscriber is down for a minute, and comes back."""

import asyncio
from collections import Counter
from pathlib import Path
from statistics import median

import pytest

from tests.faults import results
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.store import running
from tests.faults.system import system
from tests.faults.trial import run_trial

DOWN_S = 60
RATE = 200.0
_DELIVERY = "retry: 20, backoffPolicy: exponential, backoffDelay: PT1S"


def _a_second(times: list[float], began: float, ended: float) -> list[int]:
    counts = Counter(int(at - began) for at in times if began <= at < ended)
    return [counts[second] for second in range(int(ended - began))]


@pytest.mark.alone
@pytest.mark.timeout(300)
async def test_retries_do_not_come_in_waves(tmp_path: Path) -> None:
    """Requests a second in the second half of the outage: the most is at most twice the median."""
    spans: list[float] = []
    async with (
        running(tmp_path / "store") as store,
        system(
            tmp_path,
            store,
            seed=12,
            delivery=_DELIVERY,
            annotations="poplin.dev/backoff-max: PT15S, poplin.dev/retention-bytes: 64Ki",
        ) as under_test,
    ):
        peer = under_test.receiver
        now = asyncio.get_running_loop().time

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(2)
            peer.answer = lambda _path, _event: status_only(503)
            spans.append(now())
            await asyncio.sleep(DOWN_S)
            spans.append(now())
            peer.answer = lambda _path, _event: ACCEPTED
            return ""

        events = int((DOWN_S + 5) * RATE)
        found = await run_trial(
            f"all subscribers down {DOWN_S} s", under_test, disturb, events=events, rate=RATE
        )

    began, ended = spans
    steady = _a_second(peer.requests_at, (began + ended) / 2, ended)
    peak = max(steady) / median(steady)
    results.note("retries during the outage", f"peak {peak:.2f} × the median of a second")
    assert found.accepted == events
    assert peak <= 2.0, steady

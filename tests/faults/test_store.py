"""The store dies, loses its power, or holds still."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import REDIS, VALKEY
from tests.faults import results
from tests.faults.ledger import Ledger
from tests.faults.power import PowerCut
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.store import Store, StoreOptions, paused, running
from tests.faults.system import System, system
from tests.faults.trial import run_trial

_AWAY_S = 0.5


class Outages:
    """When the store went, and when it answered again; the loop's times."""

    def __init__(self) -> None:
        self.spans: list[tuple[float, float]] = []

    async def over(self, store: Store, fault: str) -> int:
        """One outage: what the store lost by it, in bytes."""
        began = asyncio.get_running_loop().time()
        lost = 0
        if fault == "power":
            lost = await store.cut_power()
        else:
            await store.kill()
        await asyncio.sleep(_AWAY_S)
        await store.start()
        self.spans.append((began, asyncio.get_running_loop().time()))
        return lost

    def slowest_refusal_s(self, ledger: Ledger) -> float:
        """How long a producer waited at most for its 503 while the store was away."""
        return max(
            (
                answered - max(sent, began)
                for sent, answered, _ in ledger.refused_at
                for began, ended in self.spans
                if sent < ended and answered > began
            ),
            default=0.0,
        )

    def slowest_return_s(self, ledger: Ledger) -> float:
        """From the store's return to the next 202, at most; while there was something to send."""
        answers = sorted(ledger.accepted.values())
        last_sent = max(ledger.sent_at.values())
        return max(
            next((at for at in answers if at > ended), float("inf")) - ended
            for _, ended in self.spans
            if ended < last_sent
        )


def _assert_prompt(under_test: System, outages: Outages) -> None:
    ledger = under_test.ledger
    assert set(ledger.refused.values()) <= {503}
    assert outages.slowest_refusal_s(ledger) <= 2.0
    assert outages.slowest_return_s(ledger) <= 3.0


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [VALKEY, REDIS])
@pytest.mark.parametrize(("fault", "times"), [("kill", 15), ("power", 10)])
async def test_the_store_is_killed(tmp_path: Path, kind: str, fault: str, times: int) -> None:
    events = results.events(10_000, 30_000)
    power = PowerCut(tmp_path / "power") if fault == "power" else None
    outages = Outages()
    async with (
        running(tmp_path / "store", StoreOptions(kind=kind), power) as store,
        system(tmp_path, store, seed=5) as under_test,
    ):

        async def disturb(sending: "asyncio.Task[None]") -> str:
            lost = 0
            for _ in range(times):
                await asyncio.wait(
                    {sending}, timeout=max(0.2, events / 500.0 / (times + 1) - _AWAY_S)
                )
                lost += await outages.over(store, fault)
            return f"{times} ×" + (f", {lost} bytes were not fsynced" if power else "")

        await run_trial(
            {"kill": "store killed", "power": "power loss"}[fault],
            under_test,
            disturb,
            events=events,
        )

    _assert_prompt(under_test, outages)
    assert len(under_test.ledger.accepted) > events / 4


@pytest.mark.timeout(300)
async def test_the_power_cut_takes_what_was_not_fsynced(tmp_path: Path) -> None:
    """Profile fast loses accepted events here: that the shim works, and how much it is."""
    power = PowerCut(tmp_path / "power")
    options = StoreOptions(profile="fast")
    async with (
        running(tmp_path / "store", options, power) as store,
        system(tmp_path, store, "--profile", "fast", seed=6) as under_test,
    ):
        # Nobody is there to receive: what the store forgets was not delivered before.
        under_test.receiver.answer = lambda _path, _event: status_only(503)
        sending = asyncio.create_task(under_test.produce(2000, 500.0))
        await asyncio.sleep(2.5)
        await store.cut_power()
        await store.start()
        await sending
        under_test.receiver.answer = lambda _path, _event: ACCEPTED
        await under_test.idle(30)
        found = await under_test.verdict()
        results.record(
            "power loss, profile fast",
            found,
            sent=2000,
            server=await store.version(),
            seed=6,
            notes="loses by its promise: about a second",
        )

    assert found.lost
    assert len({event for _, event in found.lost}) <= 2 * 500


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seconds", [0.5, 5.0, 30.0])
async def test_the_store_holds_still(tmp_path: Path, seconds: float) -> None:
    """Nothing is accepted meanwhile, and every loop works again soon after."""
    events = results.events(int(500 * (seconds + 10)), 20_000)
    span: list[float] = []
    async with running(tmp_path / "store") as store, system(tmp_path, store, seed=7) as under_test:
        now = asyncio.get_running_loop().time

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(2)
            with paused(store.pid):
                span.append(now())
                await asyncio.sleep(seconds)
                span.append(now())
            return ""

        await run_trial(f"store paused {seconds:g} s", under_test, disturb, events=events)

    ledger = under_test.ledger
    # An answer that was on its way when the store stopped is as good as before.
    assert not [at for at in ledger.accepted.values() if span[0] + 0.1 < at < span[1]]
    assert ledger.works_again_s(span[1]) <= 10

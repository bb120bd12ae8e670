"""The network between the fabric and its store loses, resets, forgets and dawdles."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.faults import results
from tests.faults.proxy import Proxy, proxy
from tests.faults.store import running
from tests.faults.system import system
from tests.faults.trial import run_trial

RATE = 500.0
EVENTS = results.events(8_000, 20_000)

Fault = Callable[[Proxy, "asyncio.Task[None]"], Awaitable[float]]
"""Returns when it ended, by the loop's time."""


async def _lose_replies(network: Proxy, sending: "asyncio.Task[None]") -> float:
    network.lost_replies = 0.01
    await _most_of(sending)
    network.lost_replies = 0.0
    return asyncio.get_running_loop().time()


async def _reset(network: Proxy, sending: "asyncio.Task[None]") -> float:
    network.resets = 0.01
    await _most_of(sending)
    network.resets = 0.0
    return asyncio.get_running_loop().time()


async def _half_open(network: Proxy, _: "asyncio.Task[None]") -> float:
    """Connections that look alive go nowhere; new ones are refused, later they work."""
    await asyncio.sleep(2)
    network.is_half_open = network.refuses = True
    await asyncio.sleep(5)
    network.forget_all()
    network.is_half_open = network.refuses = False
    return asyncio.get_running_loop().time()


async def _cut_replies(network: Proxy, _: "asyncio.Task[None]") -> float:
    """Each time after another number of bytes."""
    for after in range(60):
        network.cut_after = after
        await asyncio.sleep(0.05)
    network.cut_after = None
    return asyncio.get_running_loop().time()


async def _drip(network: Proxy, _: "asyncio.Task[None]") -> float:
    await asyncio.sleep(2)
    network.drip_s = 0.02
    await asyncio.sleep(5)
    network.drip_s = 0.0
    return asyncio.get_running_loop().time()


async def _most_of(sending: "asyncio.Task[None]") -> None:
    """The last events meet a sound network: the loops must be seen to work again."""
    await asyncio.wait({sending}, timeout=max(2.0, EVENTS / RATE - 5.0))


FAULTS: dict[str, Fault] = {
    "1 % of the store's replies lost": _lose_replies,
    "1 % of the store's replies reset": _reset,
    "half-open connections to the store, 5 s": _half_open,
    "the store's replies cut after n bytes": _cut_replies,
    "the store's replies drip, 5 s": _drip,
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("fault", FAULTS)
async def test_the_network_fails(tmp_path: Path, fault: str) -> None:
    ended: list[float] = []
    async with (
        running(tmp_path / "store") as store,
        proxy(store.url, seed=8) as network,
        system(tmp_path, store, url=network.url, seed=8) as under_test,
    ):

        async def disturb(sending: "asyncio.Task[None]") -> str:
            ended.append(await FAULTS[fault](network, sending))
            return f"{network.faults} spoiled" if network.faults else ""

        await run_trial(fault, under_test, disturb, events=EVENTS, rate=RATE)

    assert set(under_test.ledger.refused.values()) <= {503}
    assert under_test.ledger.works_again_s(ended[0]) <= 10

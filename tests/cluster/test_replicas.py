"""Two replicas of the sources service serve one source: one acts, the other takes over."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.admin import Admin, rights
from tests.cluster.api_server import ApiServer
from tests.cluster.documents import api_server_source, broker, key_of
from tests.cluster.service import Service, Setup, ready, serving
from tests.cluster.writers import Writers
from tests.faults import results
from tests.faults.ledger import Ledger, Verdict, verdict
from tests.faults.receiver import Receiver, receiver
from tests.waiting import until

TAKEOVER_S = 15.0
"""After the holder died."""
AT_ONCE_S = 8.0
"""After one that gave its turn back: less than it takes to run out."""
HELD_STILL_S = 13.0
"""Longer than a turn."""
UNDER_WAY = 64
"""Changes that one who dies may have sent and not yet written down."""
RATE = 20.0


@dataclass(frozen=True, slots=True)
class Scene:
    """Each replica has a sink of its own, which tells who emitted; nothing drops repeats."""

    writers: Writers
    peer: Receiver
    replicas: dict[str, Service]

    @property
    def ledger(self) -> Ledger:
        return self.peer.ledger

    def arrivals(self, name: str, since: float) -> list[float]:
        """When something new came of that replica, by the loop's clock."""
        first = self.ledger.first_arrival.items()
        return sorted(at for (path, _), at in first if path.startswith(f"/{name}/") and at > since)

    async def holder(self) -> str:
        """Who emits."""
        found: list[str] = []
        since = asyncio.get_running_loop().time()

        def is_seen() -> bool:
            found.extend(each for each in self.replicas if self.arrivals(each, since))
            return bool(found)

        await until(is_seen, 30)
        return found[0]

    def verdict(self) -> Verdict:
        """Over both: it is one whoever told."""
        both = Ledger(
            sent=dict.fromkeys(self.writers.history.possible(), ""),
            accepted=dict.fromkeys(self.writers.history.required(), 0.0),
        )
        for counts in self.ledger.arrivals.values():
            both.arrivals.setdefault("/", type(counts)()).update(counts)
        return verdict(both, ["/"])

    async def is_told(self) -> bool:
        return not self.verdict().lost


@asynccontextmanager
async def scene(
    folder: Path, server: ApiServer, admin: Admin, namespace: str, store_url: str
) -> AsyncIterator[Scene]:
    await admin.allow(namespace, rights("configmaps"))
    files = folder / "sources.yaml"
    files.write_text(
        broker("main", {}, namespace) + api_server_source("s", "main", namespace=namespace)
    )
    async with receiver(Ledger()) as peer:

        def setup(name: str) -> Setup:
            return Setup(
                redis_url=store_url,
                files=files,
                kubeconfig=server.kubeconfig,
                ingress_url=peer.uri(f"/{name}"),
            )

        async with (
            serving(setup("a"), folder / "a.log") as first,
            serving(setup("b"), folder / "b.log") as second,
        ):
            await ready(store_url, key_of("s", namespace))
            yield Scene(Writers(admin, namespace, seed=7), peer, {"a": first, "b": second})


@asynccontextmanager
async def _writing(here: Scene, seconds: float) -> AsyncIterator[None]:
    """All the time until it has had its say; afterwards all has been told."""
    writing = asyncio.create_task(here.writers.write(int(seconds * RATE), RATE))
    try:
        yield
        await writing
        await until(here.is_told, 60)
    finally:
        writing.cancel()


async def _takeover_s(here: Scene, ended: str, since: float) -> float:
    """Until the other emits."""
    (other,) = here.replicas.keys() - {ended}
    await until(lambda: here.arrivals(other, since), 60)
    return here.arrivals(other, since)[0] - since


@pytest.fixture
async def here(
    tmp_path: Path, api_server: ApiServer, admin: Admin, namespace: str, store: str
) -> AsyncIterator[Scene]:
    async with scene(tmp_path, api_server, admin, namespace, store) as found:
        yield found


async def test_each_change_is_emitted_once_also_when_the_holder_ends_in_order(here: Scene) -> None:
    loop = asyncio.get_running_loop()
    async with _writing(here, 15):
        holder = await here.holder()
        began = loop.time()
        await here.replicas[holder].end()
        seconds = await _takeover_s(here, holder, began)
        late = here.arrivals(holder, began + seconds)

    results.note("holder of two ended by SIGTERM", f"takeover {seconds:.1f} s; {here.verdict()}")
    assert here.verdict().is_clean, here.verdict()
    assert here.verdict().duplicates == 0
    assert seconds < AT_ONCE_S
    assert not late


async def test_a_holder_that_is_killed_is_replaced(here: Scene) -> None:
    """What it had sent and not written down is sent again; a window for repeats drops that."""
    loop = asyncio.get_running_loop()
    async with _writing(here, 25):
        holder = await here.holder()
        began = loop.time()
        await here.replicas[holder].kill()
        seconds = await _takeover_s(here, holder, began)

    results.note("holder of two killed", f"takeover {seconds:.1f} s; {here.verdict()}")
    assert here.verdict().is_clean, here.verdict()
    assert here.verdict().duplicates <= UNDER_WAY
    assert seconds <= TAKEOVER_S


async def test_a_holder_that_held_still_for_longer_than_its_turn_emits_nothing_more(
    here: Scene,
) -> None:
    """What it was sending when it was stopped may still come: the sink had accepted it."""
    loop = asyncio.get_running_loop()
    async with _writing(here, 30):
        holder = await here.holder()
        began = loop.time()
        os.kill(here.replicas[holder].pid, signal.SIGSTOP)
        try:
            seconds = await _takeover_s(here, holder, began)
            await asyncio.sleep(max(0.0, HELD_STILL_S - (loop.time() - began)))
            woken = loop.time()
        finally:
            os.kill(here.replicas[holder].pid, signal.SIGCONT)
    late = here.arrivals(holder, woken)

    results.note("holder of two held still", f"takeover {seconds:.1f} s; {here.verdict()}")
    assert here.verdict().is_clean, here.verdict()
    assert here.verdict().duplicates <= UNDER_WAY
    assert seconds <= TAKEOVER_S
    assert not late

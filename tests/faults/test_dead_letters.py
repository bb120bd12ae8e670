"""The subscriber refuses, and the dead-letter sink is down: everything is somewhere."""

import asyncio
from pathlib import Path

import pytest

from tests.faults import results
from tests.faults.ledger import verdict
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.store import running
from tests.faults.system import dead_letters, system

_DELIVERY = "retry: 1, backoffPolicy: linear, backoffDelay: PT0.1S"


@pytest.mark.timeout(300)
async def test_every_refused_event_is_in_the_sink_or_dead(tmp_path: Path) -> None:
    events = results.events(4_000, 20_000)
    async with (
        running(tmp_path / "store") as store,
        system(
            tmp_path, store, seed=19, paths=["/a"], delivery=_DELIVERY, sink="/sink"
        ) as under_test,
    ):
        peer = under_test.receiver
        peer.answer = lambda _path, _event: status_only(503)
        sending = asyncio.create_task(under_test.produce(events, 500.0))
        await asyncio.wait({sending}, timeout=events / 500 / 2)
        peer.answer = lambda path, _event: ACCEPTED if path == "/sink" else status_only(400)
        await sending
        await under_test.idle(30)
        async with store.client() as redis:
            dead = await dead_letters(redis)
        found = verdict(under_test.ledger, ["/sink"], {"/sink": dead.get("/a", set())})
        results.record(
            "dead-letter sink down for half of the time",
            found,
            sent=events,
            server=await store.version(),
            seed=19,
            notes=f"{found.dead} kept as dead letters, the others in the sink",
        )

    assert found.is_clean, found
    assert found.accepted == events
    assert 0 < found.dead < events

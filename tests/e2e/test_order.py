"""A trigger that wants the events of each key in order, on several partitions and dispatchers."""

import random
from pathlib import Path

import httpx

from tests.fabric import Fabric, broker_yaml, event_headers, subscriber, trigger_yaml
from tests.faults.ordering import Attempts, in_log_order, inversions
from tests.faults.receiver import ACCEPTED, status_only
from tests.faults.system import dead_letters, system
from tests.waiting import until

EVENTS = 800
KEYS = 20
FAILS = 0.25


async def test_every_key_keeps_its_order_through_retries_and_dead_letters(
    tmp_path: Path,
) -> None:
    """A subscriber that fails at random: retries hold up their own key, dead letters free it."""
    chance = random.Random(11)
    async with system(
        tmp_path,
        None,
        "--dispatchers",
        "2",
        seed=11,
        paths=["/a", "/b"],
        ordered=["/a"],
        delivery="retry: 2, backoffPolicy: linear, backoffDelay: PT0.05S",
        annotations="poplin.dev/partitions: '4'",
    ) as under_test:
        under_test.keys = KEYS
        under_test.receiver.answer = attempts = Attempts(
            lambda _path, _event: status_only(503) if chance.random() < FAILS else ACCEPTED
        )
        await under_test.produce(EVENTS, 400.0)
        await under_test.idle(30)
        found = await under_test.verdict()
        async with under_test.store.client() as redis:
            order, dead = await in_log_order(redis), await dead_letters(redis)

    assert found.is_clean, found
    assert (found.accepted, found.duplicates) == (EVENTS, 0), found
    assert len(order) == KEYS + 1
    assert 0 < len(dead["/a"]) < EVENTS * FAILS
    assert inversions(attempts.of["/a"], order, dead["/a"]) == []
    assert inversions(attempts.of["/b"], order, dead["/b"]) != [], "nobody promised it to /b"


async def test_turned_off_with_much_parked_it_drains_at_once(tmp_path: Path) -> None:
    """And in order: faster than anybody sweeps."""

    def yaml(ordering: str) -> str:
        note = f"poplin.dev/ordering: {ordering}"
        patient = "{retry: 50, backoffPolicy: linear, backoffDelay: PT0.2S}"
        return broker_yaml(patient) + trigger_yaml("t", peer.url, annotations=note)

    async with subscriber() as peer:
        peer.answer = lambda _: (503, "", b"")
        async with Fabric.up(tmp_path, yaml("partitionkey")) as fabric:
            async with httpx.AsyncClient(trust_env=False, base_url=fabric.url) as client:
                for number in range(200):
                    answer = await client.post("/default/main", headers=event_headers(str(number)))
                    assert answer.status_code == 202

                async def are_in_line() -> bool:
                    # One that is routed when the order is off flows beside the line.
                    found = await client.get(f"{fabric.admin_url}/triggers/default/t")
                    return bool(found.json()["backlog"] == 200)

                await until(are_in_line)
            await peer.wait_for(3)
        assert {each.headers["ce-id"] for each in peer.received} == {"0"}
        peer.answer = lambda _: (202, "", b"")
        peer.received.clear()

        async with Fabric.up(tmp_path, yaml("none")):
            received = await peer.wait_for(200, 15)

    assert [each.headers["ce-id"] for each in received] == [str(number) for number in range(200)]

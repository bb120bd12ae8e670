"""Sentinels promote a replica; slots of a cluster move."""

import asyncio
import itertools
from pathlib import Path

import pytest

from poplin.log import Keys
from tests.faults import results
from tests.faults.ledger import Ledger
from tests.faults.store import StoreView
from tests.faults.system import system
from tests.faults.trial import run_trial
from tests.topology.servers import Cluster, SentinelGroup, cluster, sentinel_group

PARTITIONS = 4


async def _fail_over(group: SentinelGroup, fault: str) -> None:
    """The primary dies, or is cut off from everyone but its clients; it comes back as a replica."""
    if fault == "kill":
        await group.kill_primary()
    else:
        await group.partition_primary()
    await group.promoted()
    await asyncio.sleep(3)
    await group.heal()


def _longest_gap_s(ledger: Ledger) -> float:
    """Between two 202s."""
    times = sorted(ledger.accepted.values())
    return max(later - sooner for sooner, later in itertools.pairwise(times))


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("fault", "name"),
    [
        ("kill", "primary killed, Sentinel, profile ha"),
        ("cut", "primary partitioned, Sentinel, profile ha"),
    ],
)
async def test_a_replica_is_promoted(tmp_path: Path, fault: str, name: str) -> None:
    async with (
        sentinel_group(tmp_path / "servers") as group,
        system(tmp_path, StoreView(group.url), "--profile", "ha", seed=20) as under_test,
    ):

        async def disturb(_: "asyncio.Task[None]") -> str:
            await asyncio.sleep(3)
            await _fail_over(group, fault)
            return ""

        await run_trial(name, under_test, disturb, events=results.events(6_000, 20_000), rate=300.0)

    ledger = under_test.ledger
    assert set(ledger.refused.values()) <= {503}
    assert len(ledger.accepted) > len(ledger.sent) / 2
    results.note(f"{name}: without a 202", f"{_longest_gap_s(ledger):.1f} s at most")
    assert _longest_gap_s(ledger) <= 10


async def _move_slots(group: Cluster, sending: "asyncio.Task[None]") -> int:
    """The slots of the broker's partitions go round the nodes, one after the other."""
    moves = 0
    for partition in itertools.cycle(range(PARTITIONS)):
        if sending.done():
            break
        tag = Keys("default/main", partition).log
        slot = int(await group.nodes[0].command("CLUSTER", "KEYSLOT", tag))
        owner = await group.owner(slot)
        to = group.nodes[(group.nodes.index(owner) + 1) % len(group.nodes)]
        await group.move_slot(slot, to)
        moves += 1
        await asyncio.wait({sending}, timeout=0.5)
    return moves


@pytest.mark.timeout(300)
async def test_slots_of_a_cluster_move(tmp_path: Path) -> None:
    async with (
        cluster(tmp_path / "servers") as group,
        system(
            tmp_path,
            StoreView(group.url),
            seed=21,
            annotations=f"poplin.dev/partitions: '{PARTITIONS}'",
        ) as under_test,
    ):

        async def disturb(sending: "asyncio.Task[None]") -> str:
            return f"{await _move_slots(group, sending)} moves"

        await run_trial(
            f"slots of a Redis Cluster move, {PARTITIONS} partitions",
            under_test,
            disturb,
            events=results.events(6_000, 20_000),
            rate=300.0,
        )

    assert set(under_test.ledger.refused.values()) <= {503}
    assert len(under_test.ledger.accepted) > len(under_test.ledger.sent) / 2

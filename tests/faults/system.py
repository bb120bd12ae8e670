"""The system under test: a fabric on a store of its own, with producers and subscribers."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil
from redis.asyncio import Redis

from poplin.catalog.catalog import logs, read
from tests.fabric import Fabric, broker_yaml, trigger_yaml
from tests.faults.ledger import Ledger, Verdict, verdict
from tests.faults.producer import Load, produce
from tests.faults.receiver import Receiver, receiver
from tests.faults.store import StoreView
from tests.owing import owes_nothing
from tests.waiting import until

__all__ = ["PATHS", "System", "system"]

PATHS = ("/a", "/b", "/c")
_IN_ORDER = "poplin.dev/ordering: partitionkey"
_DELIVERY = "retry: 20, backoffPolicy: linear, backoffDelay: PT0.2S, timeout: PT5S"


class System:
    """`store` is looked into directly, whatever network lies between it and the fabric."""

    def __init__(
        self, fabric: Fabric, store: StoreView, receiver: Receiver, paths: Sequence[str], seed: int
    ) -> None:
        self.fabric = fabric
        self.store = store
        self.receiver = receiver
        self.paths = paths
        self.seed = seed
        self.keys = 0

    @property
    def ledger(self) -> Ledger:
        return self.receiver.ledger

    @property
    def port(self) -> int:
        return int(self.fabric.url.rpartition(":")[2])

    async def produce(self, events: int, rate: float) -> None:
        load = Load(port=self.port, events=events, rate=rate, seed=self.seed, keys=self.keys)
        await produce(load, self.ledger)

    def processes(self, role: str) -> list[psutil.Process]:
        """The running ones: ingress, dispatcher or console."""
        children = psutil.Process(self.fabric.process.pid).children()
        return [child for child in children if role in _words(child)]

    async def recovered(self, within_s: float) -> float:
        """Wait until all that was accepted has come and no queue holds anything; how long."""
        began = time.monotonic()
        await until(lambda: self.ledger.is_complete(self.paths), within_s)
        await self.idle(within_s)
        return time.monotonic() - began

    async def idle(self, within_s: float) -> None:
        """Wait until no queue holds anything, whether or not all has come."""
        async with self.store.client() as redis:
            await until(lambda: owes_nothing(redis), within_s)

    async def verdict(self) -> Verdict:
        async with self.store.client() as redis:
            return verdict(self.ledger, self.paths, await dead_letters(redis))


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:  # it ended meanwhile
        return []


async def dead_letters(redis: Redis) -> dict[str, set[str]]:
    """Event ids by the path of their trigger's subscriber."""
    catalog = await read(redis)
    found: dict[str, set[str]] = {}
    for log in (log for broker in catalog.brokers.values() for log in logs(redis, broker)):
        for trigger in catalog.triggers_of(log.keys.broker):
            for log_id in await log.dead(trigger.uid, count=1_000_000):
                found_entries: Any = await redis.xrange(log.keys.log, log_id, log_id)
                event = orjson.loads(found_entries[0][1][b"a"])["id"]
                path = "/" + trigger.subscriber_uri.rpartition("/")[2]
                found.setdefault(path, set()).add(event)
    return found


@asynccontextmanager
async def system(
    folder: Path,
    store: StoreView | None,
    *options: str,
    seed: int,
    url: str | None = None,
    paths: Sequence[str] = PATHS,
    delivery: str = _DELIVERY,
    sink: str | None = None,
    annotations: str = "poplin.dev/retention-bytes: 64Ki",
    ordered: Sequence[str] = (),
) -> AsyncIterator[System]:
    """Up and ready, reached by producers at `port`; `sink` is the path of a dead-letter sink,
    `ordered` are those paths whose triggers want events in order.

    With the annotation that is given when none is named, every trim has work. The fabric finds its store at `url`, or at the store's own; without a store it embeds one.
    """
    ledger = Ledger()
    if store is not None:
        options = ("--redis", url or store.url, *options)
    else:
        store = StoreView(f"unix://{folder}/data/store/store.sock")
    async with receiver(ledger) as peer:
        if sink is not None:
            delivery += f", deadLetterSink: {{uri: '{peer.uri(sink)}'}}"
        yaml = broker_yaml(f"{{{delivery}}}", annotations) + "".join(
            trigger_yaml(path[1:], peer.uri(path), annotations=_IN_ORDER if path in ordered else "")
            for path in paths
        )
        async with Fabric.up(folder, yaml, *options) as fabric:
            yield System(fabric, store, peer, paths, seed)

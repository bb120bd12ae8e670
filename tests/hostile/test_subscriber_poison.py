"""An event that ends the dispatcher wherever it is delivered: it alone is given up, with the reason."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from poplin.catalog.catalog import read
from poplin.log import BURIED_AS_POISON_AT, Keys
from poplin.store import connect
from tests.fabric import Fabric, broker_yaml, event_headers, trigger_yaml
from tests.hostile.subscriber_stage import dispatcher_of, store_of
from tests.owing import owes_nothing
from tests.sender.hostile import OK, Wire, hostile
from tests.waiting import until

KEYS = Keys("default/main")
BYSTANDERS = 4


class Killer:
    """Ends the dispatcher at the event `poison`; others it takes after a while."""

    def __init__(self) -> None:
        self.fabric: Fabric | None = None
        self.kills = 0
        self.killed = asyncio.Event()
        self.taken: set[str] = set()

    async def __call__(self, wire: Wire) -> None:
        while True:
            head = await wire.head()
            await wire.body(head)
            event = head.partition(b"ce-id: ")[2].partition(b"\r\n")[0].decode()
            if event == "poison":
                assert self.fabric is not None
                self.kills += 1
                dispatcher_of(self.fabric).kill()
                self.killed.set()
            else:
                await asyncio.sleep(0.3)
                await wire.say(OK)
                self.taken.add(event)


async def leases_run_out(redis: Redis, uids: list[str]) -> None:
    """What takes ten seconds, now: the leases of the one that died are over."""
    seconds, us = await redis.time()
    now_us = int(seconds) * 1_000_000 + int(us)
    for uid in uids:
        leased: Any = await redis.zrangebyscore(KEYS.due(uid), "-inf", "(0")
        if leased:
            await redis.zadd(KEYS.due(uid), dict.fromkeys(leased, -now_us), xx=True)


async def is_over(killer: Killer, redis: Redis, uids: list[str]) -> bool:
    if killer.killed.is_set():
        killer.killed.clear()
        await leases_run_out(redis, uids)
    return await owes_nothing(redis)


@pytest.mark.timeout(60)
async def test_poison_is_buried_and_takes_nobody_along(tmp_path: Path) -> None:
    """Neither those of its own trigger nor others, though all were under way as it struck."""
    killer = Killer()
    async with hostile() as same, hostile() as other:
        same.acts = other.acts = [killer]
        yaml = broker_yaml() + trigger_yaml("same", same.url)
        yaml += trigger_yaml("other", other.url, kind="test.other")
        async with Fabric.up(tmp_path, yaml) as fabric:
            killer.fabric = fabric
            redis = connect(store_of(fabric))
            uids = {each.name: each.uid for each in (await read(redis)).triggers.values()}
            for number in range(BYSTANDERS):
                await fabric.post("/default/main", event_headers(f"other-{number}", "test.other"))
                await fabric.post("/default/main", event_headers(f"same-{number}"))
            await fabric.post("/default/main", event_headers("poison"))
            await until(lambda: is_over(killer, redis, [*uids.values()]), 50)
            graves: Any = await redis.hgetall(KEYS.grave(uids["same"]))
            dead_elsewhere = await redis.zcard(KEYS.dead(uids["other"]))
            await redis.aclose()

    (grave,) = map(json.loads, graves.values())
    assert grave["reason"] == "poison: its attempts ended in crashes"
    assert killer.kills == BURIED_AS_POISON_AT
    assert dead_elsewhere == 0
    assert killer.taken == {f"{name}-{n}" for name in ("same", "other") for n in range(BYSTANDERS)}

"""Objects change all the time, and whatever befalls the source, nothing of it goes missing."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.cluster.admin import Admin, config_map, rights
from tests.cluster.api_server import ApiServer, without_a_cache
from tests.cluster.documents import api_server_source, broker, key_of, trigger
from tests.cluster.gaps import Gaps
from tests.cluster.service import Service, Setup, ready, serving
from tests.cluster.stage import Stage
from tests.cluster.writers import Writers, pod_template
from tests.fabric import Fabric, subscriber
from tests.faults import results
from tests.faults.ledger import Ledger, Verdict, verdict
from tests.faults.proxy import Proxy, proxy
from tests.faults.receiver import Receiver, receiver
from tests.faults.store import StoreView
from tests.owing import owes_nothing
from tests.waiting import until

CHANGES = results.events(5_000, 50_000)
RATE = 80.0
RECOVERY_S = 90.0
SEED = 31
PATH = "/all"
MODES = {"reference": "Reference", "resource": "Resource"}
KINDS = ({"apiVersion": "v1", "kind": "ConfigMap"}, {"apiVersion": "v1", "kind": "PodTemplate"})
WINDOW = {"poplin.dev/dedupe-window": "PT1H"}


@dataclass(slots=True)
class Listener:
    """The subscriber of one mode, with a ledger of its own."""

    peer: Receiver
    gaps: Gaps
    found: int = 0
    """Events that say that they were found by comparing."""
    wrong: int = 0
    """Events whose data is not the object of their id."""

    def hear(self, head: bytes, body: bytes) -> None:
        self.found += b"ce-synthetic: true" in head
        data = orjson.loads(body)
        if "metadata" in data:
            metadata = data["metadata"]
            revision = f"ce-id: {metadata['uid']}/{metadata['resourceVersion']}\r\n".encode()
            is_its = revision in head or f"ce-id: {metadata['uid']}/deleted\r\n".encode() in head
            self.wrong += not is_its or "managedFields" in metadata


@dataclass(frozen=True, slots=True)
class Scene:
    server: ApiServer
    network: Proxy
    service: Service
    writers: Writers
    listeners: dict[str, Listener]

    @property
    def both(self) -> list[Listener]:
        return list(self.listeners.values())

    async def compacted(self) -> None:
        """The source is not there, or does not reach the server: it cannot have seen it all."""
        for each in self.both:
            await each.gaps.begin()
        await asyncio.sleep(0.7)  # more happens, which is then forgotten
        revision = await self.server.compact()
        for each in self.both:
            each.gaps.compacted(revision)


@asynccontextmanager
async def scene(folder: Path, server: ApiServer, admin: Admin) -> AsyncIterator[Scene]:
    """Everything is up, the sources have caught up, and nothing has been written yet."""
    writers = Writers(admin, "default", seed=SEED, makes=(config_map, pod_template))
    await admin.allow("default", rights("configmaps", "podtemplates"))
    files = folder / "sources.yaml"
    async with (
        proxy(server.url, SEED) as network,
        receiver(Ledger()) as reference,
        receiver(Ledger()) as resource,
    ):
        peers = {"reference": reference, "resource": resource}
        to_peers = "".join(broker(name, WINDOW) for name in peers) + "".join(
            trigger(name, peer.uri(PATH)) for name, peer in peers.items()
        )
        files.write_text(
            to_peers
            + "".join(
                api_server_source(name, name, mode=mode, resources=KINDS)
                for name, mode in MODES.items()
            )
        )
        store = StoreView(f"unix://{folder}/data/store/store.sock")
        async with Fabric.up(folder, to_peers) as fabric, store.client() as redis:
            setup = Setup(
                redis_url=store.url,
                files=files,
                kubeconfig=server.kubeconfig_of("admin", f"https://127.0.0.1:{network.port}"),
                ingress_url=fabric.url,
            )
            async with serving(setup, folder / "sources.log") as service:
                await ready(store.url, *map(key_of, peers))
                listeners = {
                    name: Listener(peer, Gaps(redis, key_of(name))) for name, peer in peers.items()
                }
                for listener in listeners.values():
                    listener.peer.heard = listener.hear
                following = [asyncio.create_task(each.gaps.follow()) for each in listeners.values()]
                yield Scene(server, network, service, writers, listeners)
                await until(lambda: owes_nothing(redis), 60)
                for task in following:
                    task.cancel()
                await asyncio.gather(*following, return_exceptions=True)


async def _killed(here: Scene) -> None:
    await here.service.kill()
    await here.service.start()


async def _cut(here: Scene) -> None:
    here.network.cut()


async def _killed_and_compacted(here: Scene) -> None:
    await here.service.kill()
    await here.compacted()
    await here.service.start()


async def _cut_and_compacted(here: Scene) -> None:
    here.network.refuses = True
    here.network.cut()
    await here.compacted()
    here.network.refuses = False


async def _restarted(here: Scene) -> None:
    """Nobody writes meanwhile: what was not answered nobody would know."""
    async with here.writers.paused():
        await here.server.restart()
        await here.writers.admin.reconnect()


FAULTS = {
    "kill -9": _killed,
    "cut": _cut,
    "kill -9 and compaction": _killed_and_compacted,
    "cut and compaction": _cut_and_compacted,
    "restart of the API server": _restarted,
}
OFTEN = {"kill -9": 6, "cut": 5, "cut and compaction": 2}


async def _disturb(here: Scene, writing: "asyncio.Task[None]") -> str:
    """One fault after the other, every few seconds, for as long as somebody writes."""
    chance = random.Random(SEED)
    names: list[str] = []
    done: list[str] = []
    while not writing.done():
        if not names:
            names = [name for name in FAULTS for _ in range(OFTEN.get(name, 1))]
            chance.shuffle(names)
        await asyncio.wait({writing}, timeout=chance.uniform(1.0, 4.0))
        await _recovered(here, writing)
        done.append(names.pop())
        await FAULTS[done[-1]](here)
    return ", ".join(f"{done.count(name)} × {name}" for name in FAULTS)


async def _recovered(here: Scene, writing: "asyncio.Task[None]") -> None:
    """Past what was compacted last: most faults are to happen where nothing may be missing."""
    await until(lambda: writing.done() or not any(each.gaps.is_open for each in here.both), 60)


async def _told(here: Scene, each: Listener) -> None:
    """Waits for all that must be; the verdict says what did not come."""

    def is_all() -> bool:
        arrived = each.peer.ledger.arrivals.get(PATH, {}).keys()
        return not each.gaps.is_open and here.writers.history.required(each.gaps.found) <= arrived

    with suppress(TimeoutError):
        await until(is_all, RECOVERY_S)


def _judged(here: Scene, each: Listener) -> Verdict:
    ledger = each.peer.ledger
    ledger.sent = dict.fromkeys(here.writers.history.possible(), "")
    ledger.accepted = dict.fromkeys(here.writers.history.required(each.gaps.found), 0.0)
    return verdict(ledger, [PATH])


@pytest.mark.timeout(600)
async def test_the_source_is_killed_cut_off_and_has_its_history_compacted(tmp_path: Path) -> None:
    """Every final state and every delete is told, and of the history that there is every state."""
    async with without_a_cache(tmp_path) as server, server.admin() as admin:
        async with scene(tmp_path, server, admin) as here:
            loop = asyncio.get_running_loop()
            writing = asyncio.create_task(here.writers.write(CHANGES, RATE))
            did = await _disturb(here, writing)
            await writing
            ended = loop.time()
            await asyncio.wait([asyncio.create_task(_told(here, each)) for each in here.both])
            recovery = loop.time() - ended
        verdicts = {name: _judged(here, each) for name, each in here.listeners.items()}
        for name, each in here.listeners.items():
            results.record(
                f"ApiServerSource, mode {MODES[name]}: {did}",
                verdicts[name],
                sent=here.writers.history.changes,
                server="Kubernetes",
                seed=SEED,
                recovery_s=recovery,
                notes=f"{each.found} found by comparing, {len(each.gaps.found)} gaps",
            )

    for name, each in here.listeners.items():
        assert verdicts[name].is_clean, (name, verdicts[name])
        assert verdicts[name].duplicates == 0, name
        assert each.wrong == 0, name
        assert each.found > 0, name
        assert each.gaps.found, name


async def test_a_history_that_begins_with_the_very_next_change_is_no_dead_end(
    tmp_path: Path, store: str
) -> None:
    """etcd has that change and not what was before it: the API server can say only that it fails,
    and says so each time.
    """
    async with without_a_cache(tmp_path) as server, server.admin() as admin, subscriber() as peer:
        await admin.allow("default", rights("configmaps"))
        stage = Stage(server, admin, "default", peer, store, tmp_path, server.kubeconfig)
        stage.write()
        made = await stage.make("first")
        async with stage.caught_up():
            made = await admin.patch(made, data={"text": "one"})
            await peer.wait_for(1)
        made = await admin.patch(made, data={"text": "two"})
        revision = made["metadata"]["resourceVersion"]
        async with StoreView(store).client() as redis:
            await Gaps(redis, stage.key).put(int(revision) - 1)
        await server.compact(revision)
        async with stage.serving():
            await peer.wait_for(2, 30)
            await stage.make("end")
            heard = await stage.heard(until_named="end")

    assert heard == ["update first", "update first", "add end"]

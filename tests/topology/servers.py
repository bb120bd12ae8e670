"""Real groups of servers: a primary, its replicas and three sentinels; a cluster of three nodes.

All on loopback, on free ports, each process in a folder of its own; they die with the tests.
"""

import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from tests.conftest import REDIS, die_with_parent, server_binary
from tests.waiting import until

__all__ = ["Cluster", "Node", "SentinelGroup", "cluster", "sentinel_group"]

PRIMARY = "orchard"
_PASSWORD = "loopback"  # noqa: S105 - of servers that live for a test
_SLOTS = 16384
_DURABLE = ("appendonly yes", "appendfsync always", 'save ""', "repl-diskless-sync-delay 0")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class Node:
    """One server process, started from a configuration file of its own."""

    def __init__(self, folder: Path, kind: str, lines: Sequence[str], *options: str) -> None:
        self.port = _free_port()
        password = _PASSWORD if f"requirepass {_PASSWORD}" in lines else None
        self.admin = Redis(port=self.port, password=password, decode_responses=True, protocol=2)
        """A client of the test's own, at this node and nowhere else."""
        self._folder = folder / str(self.port)
        self._folder.mkdir(parents=True)
        self._options = options
        self._binary = server_binary(kind)
        common = (f"port {self.port}", "bind 127.0.0.1", f"dir {self._folder}", "logfile log")
        (self._folder / "conf").write_text("\n".join((*common, *lines)) + "\n")
        self._process = self._start()

    async def start_again(self) -> None:
        self._process = self._start()
        await until(self.admin.ping)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Its connections stay, and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    async def close(self) -> None:
        await self.admin.aclose()
        self.kill()

    def is_running(self) -> bool:
        return self._process.poll() is None

    async def command(self, *words: Any) -> Any:
        return await self.admin.execute_command(*words)

    async def info(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.admin.info()
        return found

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [self._binary, str(self._folder / "conf"), *self._options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=die_with_parent,
        )


class SentinelGroup:
    """A primary, its replicas and three sentinels that take a second to miss it."""

    def __init__(self, primary: Node, replicas: list[Node], sentinels: list[Node]) -> None:
        self.primary = primary
        """The one at the beginning, whatever became of it."""
        self.replicas = replicas
        self.sentinels = sentinels

    @property
    def replica(self) -> Node:
        return self.replicas[0]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://:{_PASSWORD}@{hosts}/{PRIMARY}"

    async def kill_primary(self) -> None:
        self.primary.kill()

    async def partition_primary(self) -> None:
        """Cut the first primary off from its replicas and the sentinels, not from its clients.

        They log in as users of their own, whom it stops to know.
        """
        for user in ("sentinel", "replica"):
            await self.primary.command("ACL", "SETUSER", user, "off")
            await self.primary.command("CLIENT", "KILL", "USER", user)

    async def heal(self) -> None:
        """The first primary is back, and becomes a replica if another was promoted."""
        if not self.primary.is_running():
            await self.primary.start_again()
        for user in ("sentinel", "replica"):
            await self.primary.command("ACL", "SETUSER", user, "on")

    async def promoted(self) -> Node:
        """The replica that the sentinels have made primary; waits for it."""
        found: list[Node] = []

        async def is_promoted() -> bool:
            name = await self.sentinels[0].command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", PRIMARY)
            found[:] = [node for node in self.replicas if str(node.port) == name[1]]
            return bool(found) and (await found[0].info())["role"] == "master"

        await until(is_promoted)
        return found[0]


@asynccontextmanager
async def sentinel_group(
    folder: Path, kind: str = REDIS, *, replicas: int = 1
) -> AsyncIterator[SentinelGroup]:
    """Ready: the replicas are in step and the sentinels know each other."""
    nodes: list[Node] = []

    def start(lines: Sequence[str], *options: str) -> Node:
        nodes.append(Node(folder, kind, lines, *options))
        return nodes[-1]

    try:
        users = [f"user {name} on >{_PASSWORD} ~* &* +@all" for name in ("sentinel", "replica")]
        # Who fails to log in must not be served as the default user.
        login = f"requirepass {_PASSWORD}"
        server = [*_DURABLE, login, *users, "masteruser replica", f"masterauth {_PASSWORD}"]
        primary = start(server)
        followers = [
            start([*server, f"replicaof 127.0.0.1 {primary.port}"]) for _ in range(replicas)
        ]
        await until(primary.admin.ping)
        watch = [
            f"sentinel monitor {PRIMARY} 127.0.0.1 {primary.port} 2",
            f"sentinel auth-user {PRIMARY} sentinel",
            f"sentinel auth-pass {PRIMARY} {_PASSWORD}",
            f"sentinel down-after-milliseconds {PRIMARY} 1000",
            f"sentinel failover-timeout {PRIMARY} 5000",
        ]
        sentinels = [start(watch, "--sentinel") for _ in range(3)]
        for sentinel in sentinels:
            await until(sentinel.admin.ping)
            # The production periods would make a test of ten seconds out of one.
            for period in ("INFO-PERIOD", "ASK-PERIOD", "PUBLISH-PERIOD"):
                await sentinel.command("SENTINEL", "DEBUG", period, 100)
            await sentinel.command("SENTINEL", "DEBUG", "MIN-LINK-RECONNECT-PERIOD", 500)
        group = SentinelGroup(primary, followers, sentinels)
        await until(lambda: _is_whole(group))
        yield group
    finally:
        for node in nodes:
            await node.close()


async def _is_whole(group: SentinelGroup) -> bool:
    wanted = len(group.replicas)
    if (await group.primary.info()).get(f"slave{wanted - 1}", {}).get("state") != "online":
        return False
    for sentinel in group.sentinels:
        words = await sentinel.admin.execute_command("SENTINEL MASTER", PRIMARY)
        if (words["num-other-sentinels"], words["num-slaves"]) != (2, wanted):
            return False
    return True


class Cluster:
    """Three primaries that share the slots, and no replicas."""

    def __init__(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        self.ids: dict[int, str] = {}
        """Of each node, by port."""

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.nodes)

    async def owner(self, slot: int) -> Node:
        for first, last, *who in await self.nodes[0].command("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return next(node for node in self.nodes if node.port == who[0][1])
        raise AssertionError(f"nobody serves slot {slot}")

    async def move_slot(
        self, slot: int, to: Node, *, between: Callable[[], Awaitable[object]] | None = None
    ) -> None:
        """As redis-cli does it, key by key; `between` is called before every key."""
        source = await self.owner(slot)
        await to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", self.ids[source.port])
        await source.command("CLUSTER", "SETSLOT", slot, "MIGRATING", self.ids[to.port])
        while keys := await source.command("CLUSTER", "GETKEYSINSLOT", slot, 1):
            if between is not None:
                await between()
            await source.command("MIGRATE", "127.0.0.1", to.port, keys[0], 0, 5000)
        for node in (to, source, *self.nodes):
            await node.command("CLUSTER", "SETSLOT", slot, "NODE", self.ids[to.port])


@asynccontextmanager
async def cluster(folder: Path, kind: str = REDIS) -> AsyncIterator[Cluster]:
    """Ready: every slot is served and every node knows it."""
    nodes: list[Node] = []
    try:
        for _ in range(3):
            lines = [*_DURABLE, "cluster-enabled yes", f"cluster-port {_free_port()}"]
            nodes.append(Node(folder, kind, [*lines, "cluster-node-timeout 2000"]))
        group = Cluster(nodes)
        step = -(-_SLOTS // len(nodes))
        for number, node in enumerate(nodes):
            await until(node.admin.ping)
            last = min((number + 1) * step, _SLOTS) - 1
            await node.command("CLUSTER", "ADDSLOTSRANGE", number * step, last)
            await node.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
            group.ids[node.port] = await node.command("CLUSTER", "MYID")
        for node in nodes[1:]:
            (_, bus) = await nodes[0].command("CONFIG", "GET", "cluster-port")
            await node.command("CLUSTER", "MEET", "127.0.0.1", nodes[0].port, bus)
        for node in nodes:
            await until(partial(_knows_all, node, len(nodes)))
        yield group
    finally:
        for node in nodes:
            await node.close()


async def _knows_all(node: Node, count: int) -> bool:
    info: Any = await node.command("CLUSTER", "INFO")
    slots: Any = await node.command("CLUSTER", "SLOTS")
    return "cluster_state:ok" in info and len(slots) == count

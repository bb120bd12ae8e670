"""A Redis Cluster: which node serves which slot, while slots move and nodes fail."""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any

from redis import exceptions
from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot

from poplin.errors import ConfigurationError
from poplin.store.server import Command, Server
from poplin.store.topology import is_doubtful
from poplin.store.url import Address, StoreUrl

__all__ = ["Cluster"]

_ASK_TIMEOUT_S = 0.5
_AGAIN_S = 0.02
_STEPS_AT_ONCE = 2


class _Map:
    """Who serves each slot, as one node told it."""

    def __init__(self, rank: tuple[bool, int]) -> None:
        self.rank = rank
        """Whether the node thinks that the cluster is well, and its newest epoch."""
        self.owners: list[Address | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        self.nodes: set[Address] = set()
        """Replicas too: one of them may be the next to know."""


class Cluster:
    """Sends each call to the node that serves its key's slot.

    MOVED, ASK and TRYAGAIN say that nothing was carried out, so these calls are sent on or again
    until their time is over. A node that fails makes the map be read anew, from the node that
    knows the newest epoch: one that is cut off with the old primary is behind.
    """

    is_cluster = True

    def __init__(self, url: StoreUrl, *, most: int) -> None:
        self._url = url
        self._most = most
        self._servers = {host: self._server(host) for host in url.hosts}
        self._map: _Map | None = None
        self._reading = asyncio.Lock()

    async def call(self, key: str | bytes | None, commands: Sequence[Command]) -> list[Any]:
        slot = None if key is None else key_slot(key.encode() if isinstance(key, str) else key)
        asked: Address | None = None
        for step in count():
            if step > _STEPS_AT_ONCE:
                await asyncio.sleep(_AGAIN_S)  # two nodes may send us to and fro for a moment
            address = asked or await self._owner(slot)
            answers = await self._call(address, commands, asking=asked is not None)
            asked = None
            match answers[0]:
                case exceptions.MovedError() as moved:
                    if self._map is not None:
                        self._map.owners[moved.slot_id] = _redirection(moved, address)
                case exceptions.AskError() as ask:
                    asked = _redirection(ask, address)
                case exceptions.TryAgainError():
                    await asyncio.sleep(_AGAIN_S)
                case _:
                    return answers
        raise AssertionError("never ends")

    async def everywhere(self, command: Command) -> list[Any]:
        slots = self._map or await self._read_map()
        owners = sorted({owner for owner in slots.owners if owner is not None})
        return [(await self._call(owner, [command]))[0] for owner in owners]

    async def doubt(self) -> None:
        self._map = None
        for server in self._servers.values():
            await server.drop()

    async def close(self) -> None:
        for server in self._servers.values():
            await server.close()

    def _server(self, address: Address) -> Server:
        return Server(self._url, address, most=self._most)

    async def _call(
        self, address: Address, commands: Sequence[Command], *, asking: bool = False
    ) -> list[Any]:
        server = self._servers.setdefault(address, self._server(address))
        try:
            if asking:
                return (await server.call([("ASKING",), *commands]))[1:]
            answers = await server.call(commands)
        except BaseException:  # the end of its time, too, comes as a cancellation
            self._map = None
            await server.drop()
            raise
        if is_doubtful(answers[0]):
            self._map = None
        return answers

    async def _owner(self, slot: int | None) -> Address:
        slots = self._map or await self._read_map()
        owner = slots.owners[slot] if slot is not None else next(filter(None, slots.owners), None)
        if owner is None:
            self._map = None
            raise exceptions.ClusterDownError(f"no node serves slot {slot}")
        return owner

    async def _read_map(self) -> _Map:
        async with self._reading:
            if self._map is None:
                self._map = await self._newest_map()
            return self._map

    async def _newest_map(self) -> _Map:
        told = await asyncio.gather(*map(self._ask, self._servers))
        maps = [each for each in told if isinstance(each, _Map)]
        if not maps:
            for each in told:
                if isinstance(each, ConfigurationError | exceptions.AuthenticationError):
                    raise each
            raise exceptions.ConnectionError(
                "no node of the cluster answers: " + "; ".join(map(str, told))
            )
        newest = max(maps, key=lambda each: each.rank)
        for address in self._servers.keys() - newest.nodes - set(self._url.hosts):
            await self._servers.pop(address).drop()
        for address in newest.nodes - self._servers.keys():
            self._servers[address] = self._server(address)
        return newest

    async def _ask(self, address: Address) -> _Map | Exception:
        """What it knows, or why it tells nothing."""
        try:
            async with asyncio.timeout(_ASK_TIMEOUT_S):
                slots, info = await self._servers[address].call(
                    [("CLUSTER", "SLOTS"), ("CLUSTER", "INFO")]
                )
        except exceptions.AuthenticationError as error:
            return error
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
            return exceptions.ConnectionError(f"{address}: {error or 'no answer'}")
        if not isinstance(slots, exceptions.ResponseError):
            return _parsed(slots, info, address)
        if "cluster support disabled" in str(slots):
            return ConfigurationError(
                f"{address} in --redis is no node of a cluster; use redis://HOST:PORT/DB"
            )
        return exceptions.ConnectionError(f"{address}: {slots}")


def _parsed(slots: Any, info: bytes, told_by: Address) -> _Map:
    state = dict(line.split(":", 1) for line in info.decode().split())
    found = _Map((state["cluster_state"] == "ok", int(state["cluster_current_epoch"])))
    for first, last, *nodes in slots:
        addresses = [
            # A node without a name is told by the one that we asked: under the host we know.
            Address(host.decode() if host else told_by.host, int(port))
            for host, port, *_ in nodes
        ]
        found.owners[first : last + 1] = [addresses[0]] * (last + 1 - first)
        found.nodes |= set(addresses)
    return found


def _redirection(error: exceptions.AskError, told_by: Address) -> Address:
    return Address(error.host or told_by.host, error.port)

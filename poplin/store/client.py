"""A Redis client that does less: redis-py's connections and parsers without its per-call machinery.

redis-py takes about 100 µs for a call with its pool, retries, timers and event hooks, none of
which Poplin uses: it never repeats a command, and bounds each one as a whole.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from redis import exceptions
from redis.asyncio import ConnectionPool, Redis

from poplin.errors import StoreUnavailableError
from poplin.store.availability import Availability
from poplin.store.server import Command
from poplin.store.topology import Topology
from poplin.store.translation import is_unavailable

__all__ = ["LeanRedis"]

_WAIT_MS = 1000
"""How long a replica may take to acknowledge."""

_SCRIPTS = frozenset({"EVALSHA", "EVAL"})
_KEYLESS = frozenset(
    {"CLIENT", "CLUSTER", "CONFIG", "DBSIZE", "FLUSHALL", "INFO", "KEYS", "PING", "SCRIPT", "TIME"}
)


class _NotCopiedError(StoreUnavailableError):
    """The store answers, and too few of its replicas have what was written."""


class LeanRedis(Redis):
    """Sends single commands to whatever `topology` finds; each is bounded by `timeout_s`.

    With `replicas`, a command called with `copied=True` raises StoreUnavailableError unless so
    many replicas acknowledge what it wrote. Pipelines and subscriptions go redis-py's own way,
    to the first address only: Poplin uses none.
    """

    def __init__(
        self,
        topology: Topology,
        pool: ConnectionPool,
        *,
        timeout_s: float,
        replicas: int = 0,
        availability: Availability | None = None,
    ) -> None:
        super().__init__(connection_pool=pool)
        self.replicas = replicas
        self._topology = topology
        self._timeout_s = timeout_s
        self._availability = availability
        self._copying: Availability | None = None
        if availability is not None:
            self._copying = Availability(
                "the store is there, but no event is accepted: its replicas do not acknowledge",
                "the replicas of the store acknowledge again",
            )

    @property
    def is_cluster(self) -> bool:
        return self._topology.is_cluster

    async def execute_command(self, *args: Any, copied: bool = False, **options: Any) -> Any:
        command = _words(args)
        commands = [command]
        if copied and self.replicas:
            # Sent together: the replicas are asked at once, on the connection that wrote.
            commands.append(("WAIT", self.replicas, _WAIT_MS))
        try:
            answers = await self._within(self._topology.call(_key(command), commands))
            answer = _raised(answers[0])
            if len(answers) > 1:
                await self._check_copies(_raised(answers[1]))
        except _NotCopiedError as error:
            if self._copying is not None:
                self._copying.failed(error)
            raise
        except Exception as error:
            if self._availability is not None and is_unavailable(error):
                self._availability.failed(error)
            raise
        if self._availability is not None:
            self._availability.answered()
        if self._copying is not None and len(answers) > 1:
            self._copying.answered()
        return self._parsed(args[0], answer, options)

    async def everywhere(self, *args: Any) -> list[Any]:
        """The answer of every primary."""
        answers = await self._within(self._topology.everywhere(_words(args)))
        return [self._parsed(args[0], _raised(answer), {}) for answer in answers]

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        await self._topology.close()
        await super().aclose(close_connection_pool=close_connection_pool is not False)

    async def _within(self, call: Awaitable[list[Any]]) -> list[Any]:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await call
        except TimeoutError as error:
            raise exceptions.TimeoutError(f"no answer within {self._timeout_s:g} s") from error

    async def _check_copies(self, acknowledged: int) -> None:
        if acknowledged < self.replicas:
            # A primary that is cut off goes on taking writes; the next one will not have them.
            await self._topology.doubt()
            raise _NotCopiedError(
                f"{acknowledged} of {self.replicas} replicas acknowledged a write within "
                f"{_WAIT_MS / 1000:g} s"
            )

    def _parsed(self, name: str, answer: Any, options: dict[str, Any]) -> Any:
        callback = self.response_callbacks.get(name)
        if callback is None:
            return answer
        options.pop("keys", None)  # for redis-py's cache
        return callback(answer, **options)


def _words(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """redis-py names some commands by two words."""
    return (*args[0].split(), *args[1:]) if " " in args[0] else args


def _key(command: Command) -> Any:
    """The first key; all keys of a command share one slot."""
    name = command[0]
    if name in _SCRIPTS:
        return command[3] if int(command[2]) else None
    if name == "XREAD":
        streams = "STREAMS" if "STREAMS" in command else b"STREAMS"
        return command[command.index(streams) + 1]
    return None if name in _KEYLESS else command[1]


def _raised(answer: Any) -> Any:
    if isinstance(answer, Exception):
        raise answer
    return answer

"""Where commands go: the seam between the client and what serves it, and its simplest kind."""

from collections.abc import Sequence
from typing import Any, Protocol

from redis import exceptions

from poplin.store.server import Command, Server

__all__ = ["Single", "Topology", "is_doubtful"]


class Topology(Protocol):
    """Finds the primary that serves a key. Nothing is sent again unless it was not carried out.

    Calls may overlap; each raises redis-py's errors, and is cancelled when its time is over.
    """

    is_cluster: bool

    async def call(self, key: str | bytes | None, commands: Sequence[Command]) -> list[Any]:
        """Send the commands together; error replies are among the answers, not raised.

        A key of None means any primary.
        """

    async def everywhere(self, command: Command) -> list[Any]:
        """The answer of every primary."""

    async def doubt(self) -> None:
        """What serves us may be no primary any more: look again before the next call."""

    async def close(self) -> None: ...


def is_doubtful(answer: object) -> bool:
    """Does this reply say that whoever gave it is not, or not yet, a primary that serves?"""
    return isinstance(answer, exceptions.ReadOnlyError | exceptions.ClusterDownError) or (
        isinstance(answer, exceptions.ResponseError) and str(answer).startswith("NOREPLICAS ")
    )


class Single:
    """One address. What answers there may change: a new connection asks for the name anew."""

    is_cluster = False

    def __init__(self, server: Server) -> None:
        self._server = server

    async def call(self, _key: str | bytes | None, commands: Sequence[Command]) -> list[Any]:
        answers = await self._server.call(commands)
        if is_doubtful(answers[0]):
            await self.doubt()
        return answers

    async def everywhere(self, command: Command) -> list[Any]:
        return await self.call(None, [command])

    async def doubt(self) -> None:
        await self._server.drop()

    async def close(self) -> None:
        await self._server.close()

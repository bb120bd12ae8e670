"""The primary that the sentinels name, and the next one after a failover."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis import exceptions

from poplin.errors import ConfigurationError
from poplin.store.server import Command, Server
from poplin.store.topology import is_doubtful
from poplin.store.url import Address, StoreUrl

__all__ = ["Sentinels"]

_ASK_TIMEOUT_S = 0.5
_LOOK_EVERY_S = 1.0

_Named = tuple[int, Address]
"""The configuration epoch, and the primary that was named in it."""


class Sentinels:
    """Asks all sentinels and believes the newest epoch: one that is cut off together with the
    old primary still names it, those that elected the next are an epoch ahead.

    Asks again whenever the primary fails us, and every second besides, because an old primary
    that is cut off may go on answering.
    """

    is_cluster = False

    def __init__(self, url: StoreUrl, *, most: int) -> None:
        self._url = url
        self._most = most
        self._sentinels = [
            Server(url, host, most=1, options=url.sentinel_options) for host in url.hosts
        ]
        self._primary: Server | None = None
        self._finding = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None

    async def call(self, _key: str | bytes | None, commands: Sequence[Command]) -> list[Any]:
        primary = self._primary or await self._find()
        try:
            answers = await primary.call(commands)
        except BaseException:  # the end of its time, too, comes as a cancellation
            await self._leave(primary)
            raise
        if is_doubtful(answers[0]):
            await self._leave(primary)
        return answers

    async def everywhere(self, command: Command) -> list[Any]:
        return await self.call(None, [command])

    async def doubt(self) -> None:
        if self._primary is not None:
            await self._leave(self._primary)

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        primary, self._primary, self._watching = self._primary, None, None
        for server in (*self._sentinels, *filter(None, [primary])):
            await server.close()

    async def _find(self) -> Server:
        async with self._finding:
            if self._primary is None:
                self._primary = Server(self._url, await self._named(), most=self._most)
            if self._watching is None:
                self._watching = asyncio.create_task(self._watch(), name="ask sentinels")
            return self._primary

    async def _leave(self, primary: Server) -> None:
        if self._primary is primary:
            self._primary = None
        await primary.drop()

    async def _watch(self) -> None:
        """Leave a primary that the sentinels no longer name."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            primary = self._primary
            with suppress(exceptions.ConnectionError, ConfigurationError):
                if primary is not None and await self._named() != primary.address:
                    await self._leave(primary)

    async def _named(self) -> Address:
        """Raises ConnectionError when no sentinel names one, ConfigurationError when refused."""
        answers = await asyncio.gather(*map(self._ask, self._sentinels))
        named = [answer for answer in answers if not isinstance(answer, Exception)]
        if not named:
            for answer in answers:
                if isinstance(answer, ConfigurationError):
                    raise answer
            raise exceptions.ConnectionError(
                f"no sentinel names the primary {self._url.primary!r}: "
                + "; ".join(map(str, answers))
            )
        # The same epoch with two addresses is one server by two names: most call it so.
        times = Counter(named)
        return max(times, key=lambda each: (each[0], times[each]))[1]

    async def _ask(self, sentinel: Server) -> _Named | Exception:
        """What it names, or why it names nothing."""
        try:
            async with asyncio.timeout(_ASK_TIMEOUT_S):
                (answer,) = await sentinel.call([("SENTINEL", "MASTER", self._url.primary)])
        except exceptions.AuthenticationError as error:
            return ConfigurationError(
                f"the sentinel {sentinel.address} refuses us: {error}; add "
                "?sentinel_password=… (and sentinel_username=…) to --redis"
            )
        except (exceptions.ConnectionError, exceptions.TimeoutError, OSError) as error:
            return exceptions.ConnectionError(f"{sentinel.address}: {error or 'no answer'}")
        if isinstance(answer, exceptions.ResponseError):
            return exceptions.ConnectionError(f"{sentinel.address}: {answer}")
        words = [word.decode() for word in answer]
        fields = dict(zip(words[::2], words[1::2], strict=True))
        return int(fields["config-epoch"]), Address(fields["ip"], int(fields["port"]))

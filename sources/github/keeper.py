"""Keeps a hook at GitHub for every GitHubSource that has an accessToken, one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

import httpx
from redis.asyncio import Redis

from poplin.catalog import Condition
from poplin.errors import StoreUnavailableError
from poplin.waiting import wait
from sources.github.care import Hands
from sources.github.client import Limits, http_client
from sources.github.duties import Duties
from sources.github.memory import KeptHook, Memory, TokenPlace, hook_field
from sources.github.wishes import CONDITION, Kept, Wish, wish_or_reason
from sources.turn import Held, Turn

__all__ = ["Keeper"]

_SHOW_S = 1.0
_NOT_YET = Condition(CONDITION, "Unknown", "NotLookedYet", "GitHub has not been asked yet")


class Keeper:
    """`sources` are all there are, or None while nobody knows: the hook of one that is missing for
    `removed_kept_s` is deleted.

    `token` finds a token again whose source is gone. Stopping deletes nothing.
    """

    def __init__(
        self,
        redis: Redis,
        sources: Callable[[], Sequence[Kept] | None],
        *,
        redeliver_every_s: float = 300.0,
        removed_kept_s: float = 60.0,
        token: Callable[[TokenPlace], str | None] = lambda _: None,
        client: httpx.AsyncClient | None = None,
    ) -> None:
        self._turn = Turn(redis, "github")
        self._memory = Memory(redis)
        self._sources = sources
        self._every_s = redeliver_every_s
        self._removed_kept_s = removed_kept_s
        self._find_token = token
        self._client = client
        self._tokens: dict[TokenPlace, str] = {}
        self._is_ours = False

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop`, also while the store is away."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._show(stop), name="show hooks")
            tasks.create_task(self._turn.run(stop, self._keep), name="keep hooks")

    async def _keep(self, held: Held) -> None:
        async with self._http() as http:
            hands = Hands(
                http=http,
                limits=Limits(),
                memory=self._memory,
                held=held,
                every_s=self._every_s,
                removed_kept_s=self._removed_kept_s,
                token=self._token,
            )
            try:
                async with asyncio.TaskGroup() as tasks:
                    duties = Duties(hands, tasks, await self._memory.read())
                    self._is_ours = True
                    while True:
                        if (sources := self._sources()) is not None:
                            duties.assign(sources)
                        await asyncio.sleep(hands.tick_s)
            finally:
                self._is_ours = False

    @asynccontextmanager
    async def _http(self) -> AsyncIterator[httpx.AsyncClient]:
        if self._client is not None:
            yield self._client
            return
        async with http_client() as client:
            yield client

    def _token(self, place: TokenPlace) -> str | None:
        return self._find_token(place) or self._tokens.get(place)

    # What is true of each source, in every process

    async def _show(self, stop: asyncio.Event) -> None:
        remembered: dict[str, KeptHook] = {}
        while True:
            if not self._is_ours:
                with suppress(StoreUnavailableError):
                    remembered = await self._memory.read()
            for each in self._sources() or ():
                self._show_one(each, remembered)
            if await wait(stop, _SHOW_S):
                return

    def _show_one(self, each: Kept, remembered: dict[str, KeptHook]) -> None:
        wish, standing = wish_or_reason(each), each.standing
        if not isinstance(wish, Wish):
            standing.webhook, standing.webhook_id = wish, ""
            return
        self._tokens[wish.token_place] = wish.token
        if self._is_ours:
            standing.webhook = standing.webhook or _NOT_YET  # else whoever looks at it knows more
            return
        kept = remembered.get(hook_field(wish.source, wish.place))
        standing.webhook = (kept and kept.condition) or _NOT_YET
        standing.webhook_id = str((kept and kept.hook_id) or "")

"""Files → resolved → catalog, and the catalog kept as the files say."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence

from redis.asyncio import Redis

from poplin.catalog import Catalog, Verdict, is_in_force, publish
from poplin.catalog.look import NOTHING, look
from poplin.errors import StoreUnavailableError
from poplin.resources import Loaded, Resolved, keep_served, resolve
from poplin.waiting import wait
from poplin_cli.up.changes import Change, changes
from poplin_cli.up.output import Output

__all__ = ["Publisher"]

_LOOK_EVERY_S = 1.0
_PAUSE_S = 0.1


class Publisher:
    """The only one who writes the catalog."""

    def __init__(
        self, redis: Redis, output: Output, base_url: str, services: Mapping[str, str]
    ) -> None:
        self._redis = redis
        self._output = output
        self._base_url = base_url
        self._services = services
        self._resolved = Resolved()
        self._catalog = Catalog()
        self._hidden: frozenset[str] | None = None
        """Who the files have not shown yet, because an error hides it; None before the first look."""
        self._last = NOTHING
        self._lock = asyncio.Lock()

    @property
    def verdicts(self) -> Sequence[Verdict]:
        return self._resolved.verdicts

    async def publish(self, loaded: Loaded, stop: asyncio.Event) -> list[Change] | None:
        """Waits while the store is away. On return this is in force in every partition, and the
        changes are those since the last time; None when stopped first.
        """
        before = None
        while not stop.is_set():
            try:
                async with self._lock:
                    known = await self._known()
                    before = before or known
                    self._resolved = self._resolve(loaded, known)
                    self._catalog = await self._write(known.version)
                    return list(changes(before, self._catalog))
            except StoreUnavailableError:
                await wait(stop, _PAUSE_S)
        return None

    async def keep(self, stop: asyncio.Event) -> None:
        """The files are the truth: what the store lost of them is written again."""
        while not await wait(stop, _LOOK_EVERY_S):
            try:
                async with self._lock:
                    if not await is_in_force(self._redis, self._catalog):
                        self._output.say(
                            "the store has lost data; publishing the catalog again",
                            level="critical",
                        )
                        self._catalog = await self._write(self._catalog.version)
            except StoreUnavailableError:
                continue

    async def _known(self) -> Catalog:
        """As the store has it, unless it lost what we know better."""
        self._last = await look(self._redis, self._last)
        found = self._last.catalog
        return found if found.version >= self._catalog.version else self._catalog

    def _resolve(self, loaded: Loaded, known: Catalog) -> Resolved:
        uids = known.uids()
        found = resolve(
            loaded,
            lambda key, broker: uids.get((key, broker)) or str(uuid.uuid4()),
            broker_url=lambda namespace, name: f"{self._base_url}/{namespace}/{name}",
            services=self._services,
            known=known.verdicts,
        )
        hidden = frozenset(known.verdicts) if self._hidden is None else self._hidden
        served = keep_served(found, loaded, known, hidden)
        self._hidden = served.hidden
        return served.resolved

    async def _write(self, after: int) -> Catalog:
        found = self._resolved
        self._last = await look(self._redis, self._last)
        return await publish(
            self._redis,
            found.brokers,
            found.triggers,
            found.verdicts,
            after=after,
            old=self._last.catalog,
        )

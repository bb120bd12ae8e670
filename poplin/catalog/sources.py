"""What is true of each event source, for people to see; its service writes it, the console reads it.

A source's document and its secrets stay in the service that serves it: nothing of them is here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from redis.asyncio import Redis

from poplin.catalog.records import Condition, Judged
from poplin.log.scripts import Script
from poplin.store import translated

__all__ = [
    "ALIVE",
    "SOURCES",
    "SourceStatus",
    "SourcesSeen",
    "forget_sources",
    "leave_sources",
    "read_sources",
    "write_sources",
]

SOURCES = "poplin:sources"
"""A hash: the JSON of each status under its key."""
ALIVE = "{poplin:sources}:alive"
"""There while the service lives: it writes all again sooner than this is gone."""

_ALIVE_MS = 15_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus(Judged):
    """`conditions` begins with Ready, which is that of the first that counts and is False, else
    not True; DeliveryReceived, EventsAccepted and OnTime are for people. A URI is None while it is not known;
    `url` is what a provider is to be told, and None where there is none.
    """

    kind: str
    api_version: str
    namespace: str
    name: str
    conditions: tuple[Condition, ...] = ()
    warnings: tuple[str, ...] = ()
    sink_uri: str | None = None
    url: str | None = None
    ce_attributes: tuple[tuple[str, str], ...] = ()
    """type and source of what it emits, as far as that is known before it comes."""
    settings: tuple[tuple[str, str], ...] = ()
    """What its spec says, name and text, to be shown; never a secret."""
    webhook_id: str = ""
    """Of the hook that is kept at the provider."""
    namespaces: tuple[str, ...] = ()
    """Those that an ApiServerSource watches; '' stands for all."""
    lag_s: float | None = None
    """Of the newest event: from when it happened, or came if it does not say, to the sink's 2xx."""
    observed_generation: int = 1
    spec_digest: str = ""

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class SourcesSeen:
    """The statuses by key, in their order; of a service that is not alive they are its last."""

    statuses: Mapping[str, SourceStatus] = field(default_factory=dict)
    is_alive: bool = False


async def write_sources(redis: Redis, statuses: Iterable[SourceStatus]) -> None:
    """These are all sources there are, and their service is alive; for 15 s, unless it says so
    again.
    """
    words: list[bytes | str | int] = [_ALIVE_MS]
    for status in statuses:
        words += (status.key, msgspec.json.encode(status))
    await _write(redis, (SOURCES, ALIVE), words)


async def leave_sources(redis: Redis) -> None:
    """Their service ends in order: nobody need wait to see that."""
    with translated():
        await redis.delete(ALIVE)


async def forget_sources(redis: Redis) -> None:
    """There are none any more, and nobody is to serve any."""
    with translated():
        await redis.delete(SOURCES, ALIVE)


async def read_sources(redis: Redis) -> SourcesSeen:
    with translated():
        is_alive: Any = await redis.exists(ALIVE)
        fields: Any = await redis.hgetall(SOURCES)
    found = [msgspec.json.decode(value, type=SourceStatus) for value in fields.values()]
    return SourcesSeen({each.key: each for each in sorted(found, key=_place)}, bool(is_alive))


def _place(status: SourceStatus) -> tuple[str, str, str]:
    return status.namespace, status.name, status.kind


_write = Script("sources", "poplin.catalog")

"""What those say who have the turns of sources: in the store, for the processes beside them.

Whoever begins to work says so first, so that all that ever worked are known, and are forgotten when
they are gone.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
from redis.asyncio import Redis

from poplin.catalog import Condition
from poplin.log.scripts import Script
from poplin.store import translated
from sources.standing import Standing
from sources.turn import Held, TurnLostError

__all__ = ["ACTIVE", "Said", "Word", "forget_said", "read_said", "say"]

ACTIVE = "{poplin:sources}:active"
"""A hash: the JSON of what is said of each source under its key."""

_MOST = 200
"""In one call, so that the store serves others between two."""


@dataclass(frozen=True, slots=True)
class Said:
    conditions: tuple[Condition, ...] = ()
    namespaces: tuple[str, ...] = ()
    lag_s: float | None = None

    @classmethod
    def of(cls, standing: Standing) -> "Said":
        return cls(standing.conditions(), standing.namespaces, standing.lag_s)


@dataclass(frozen=True, slots=True)
class Word:
    """Of a source by its key, from who has its turn."""

    held: Held
    source: str
    said: Said


async def say(redis: Redis, words: Iterable[Word]) -> None:
    """Of a turn that was lost nothing is written."""
    left = iter(words)
    while some := list(islice(left, _MOST)):
        keys = [ACTIVE, *(each.held.key for each in some)]
        found: list[bytes | str | int] = []
        for each in some:
            found += (each.held.token, each.source, msgspec.json.encode(each.said))
        await _say(redis, keys, found)


async def read_said(redis: Redis) -> Mapping[str, Said]:
    """By key; empty where another version said what this one cannot read."""
    with translated():
        fields: Any = await redis.hgetall(ACTIVE)
    return {key.decode(): _decoded(value) for key, value in fields.items()}


async def forget_said(redis: Redis, held: Held, source: str) -> None:
    if not await _remember(redis, (held.key, ACTIVE), (held.token, source, b"")):
        raise TurnLostError(f"the turn {held.key} is another's")


def _decoded(value: bytes) -> Said:
    try:
        return msgspec.json.decode(value, type=Said)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Said()


_say = Script("say", "sources")
_remember = Script("remember", "sources")

"""Which hooks are kept, remembered in the store: for the next start, and for those whose turn it is
not. No secret and no token is among it.
"""

from dataclasses import dataclass
from typing import Any

import msgspec
from redis.asyncio import Redis

from poplin.catalog import Condition
from poplin.log.scripts import Script
from poplin.store import translated
from sources.github.hooks import Place
from sources.turn import Held, TurnLostError

__all__ = ["HOOKS", "KeptHook", "Memory", "TokenPlace", "hook_field"]

HOOKS = "{poplin:sources}:hooks"


def hook_field(source: str, place: Place) -> str:
    """A source that goes to another repository has two for a while."""
    return f"{source} {place.api_url} {place.name}"


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where the token is that may delete the hook: a key of a Secret."""

    namespace: str
    name: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHook:
    """Remembered before it is made, `hook_id` None until then. `source` is the key of a source."""

    source: str
    place: Place
    url: str
    token: TokenPlace
    hook_id: int | None = None
    secret_digest: str = ""
    condition: Condition | None = None
    """As it was last seen."""

    @property
    def field(self) -> str:
        return hook_field(self.source, self.place)


class Memory:
    """Fenced: it changes nothing for who has lost the turn, and raises TurnLostError."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def read(self) -> dict[str, KeptHook]:
        """By field; what another version wrote and this one cannot read is passed over."""
        with translated():
            fields: Any = await self._redis.hgetall(HOOKS)
        found = (_decoded(value) for value in fields.values())
        return {kept.field: kept for kept in found if kept is not None}

    async def put(self, held: Held, kept: KeptHook) -> None:
        await self._write(held, kept, msgspec.json.encode(kept))

    async def forget(self, held: Held, kept: KeptHook) -> None:
        await self._write(held, kept, b"")

    async def _write(self, held: Held, kept: KeptHook, value: bytes) -> None:
        if not await _remember(self._redis, (held.key, HOOKS), (held.token, kept.field, value)):
            raise TurnLostError(f"the turn {held.key} is another's")


def _decoded(value: bytes) -> KeptHook | None:
    try:
        return msgspec.json.decode(value, type=KeptHook)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


_remember = Script("remember", "sources")

"""What the sink has of a cluster, remembered in the store: each object as it was last emitted, and
how far each watch is. No object's contents are among it.
"""

import asyncio
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis

from poplin.log.scripts import Script
from poplin.store import translated
from sources.kubernetes.values import Noted
from sources.turn import Held, TurnLostError

__all__ = ["Memory", "Remembered", "forget", "forget_watches"]

_SLICE = 500
"""Objects of one script: the store does nothing else meanwhile."""

_Fields = tuple[str, str, str, int]


def _objects_key(source_key: str, watch_id: str) -> str:
    return f"{{poplin:sources}}:objects:{source_key}:{watch_id}"


def _checkpoints_key(source_key: str) -> str:
    return f"{{poplin:sources}}:checkpoints:{source_key}"


@dataclass(frozen=True, slots=True)
class Remembered:
    """`objects` by uid; `checkpoints` are resourceVersions by scope. Theirs to change who read it."""

    objects: dict[str, Noted]
    checkpoints: dict[str, str]


class Memory:
    """Of one watch; its scopes may put at the same time. Fenced: it changes nothing for who has lost
    the turn.
    """

    def __init__(self, redis: Redis, source_key: str, watch_id: str) -> None:
        self._redis = redis
        self._watch_id = watch_id
        self._objects = _objects_key(source_key, watch_id)
        self._checkpoints = _checkpoints_key(source_key)
        self._source_key = source_key
        self._is_unreadable = False
        # One at a time, or what the first clears away would be what another has just put.
        self._putting = asyncio.Lock()

    async def read(self) -> Remembered:
        """What cannot be understood makes this a first start; it goes with what is put next.

        Each of both is read at once: a cursor would mean nothing to the store after a failover.
        """
        with translated():
            # First the checkpoints: should another put meanwhile, the objects are newer than these,
            # and the watch tells of them again. The other way round a change would be missed.
            checkpoints: Any = await self._redis.hgetall(self._checkpoints)
            objects: Any = await self._redis.hgetall(self._objects)
        try:
            return Remembered(
                {uid.decode(): _decoded(value) for uid, value in objects.items()},
                dict(self._own(checkpoints)),
            )
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._is_unreadable = True
            structlog.get_logger().warning(
                "what is remembered of a watch cannot be read; it starts as for the first time",
                source=self._source_key,
                key=self._objects,
            )
            return Remembered({}, {})

    async def put(
        self, held: Held, noted: Mapping[str, Noted | None], checkpoint: tuple[str, str] | None
    ) -> None:
        """Objects by uid, None where one is gone; then the checkpoint, a scope and its
        resourceVersion, '' where it has none any more. Raises TurnLostError.

        If we die before it, all of it is found, and emitted, again with the same ids. Of more than
        one slice the checkpoint goes with the last: if we die in between, the watch tells again of
        what came since the one before, and what is remembered already is recognized.
        """
        objects = iter(noted.items())
        slices = max(1, -(-len(noted) // _SLICE))
        for left in reversed(range(slices)):
            words = _words(islice(objects, _SLICE))
            await self._put_slice(held, words, checkpoint if left == 0 else None)

    async def _put_slice(
        self, held: Held, words: list[str | bytes], checkpoint: tuple[str, str] | None
    ) -> None:
        scope, version = checkpoint or ("", "")
        field = f"{self._watch_id}/{scope}" if checkpoint else ""
        keys = (held.key, self._objects, self._checkpoints)
        async with self._putting:
            anew = "1" if self._is_unreadable else ""
            told = (held.token, self._watch_id, anew, field, version)
            _fenced(held, await _note(self._redis, keys, (*told, *words)))
            self._is_unreadable = False

    def _own(self, checkpoints: dict[bytes, bytes]) -> Iterable[tuple[str, str]]:
        for field, version in checkpoints.items():
            watch_id, slash, scope = field.decode().partition("/")
            if slash and watch_id == self._watch_id:
                yield scope, version.decode()


async def forget(redis: Redis, source_key: str) -> None:
    """All that is remembered of a source that nobody has any more."""
    checkpoints = _checkpoints_key(source_key)
    with translated():
        watches = await _watches(redis, checkpoints)
        # At once: a source that comes back must not find half of it.
        await redis.unlink(checkpoints, *(_objects_key(source_key, each) for each in watches))


async def forget_watches(redis: Redis, held: Held, source_key: str, keep: Collection[str]) -> None:
    """Those that an edit of the source has dropped. Raises TurnLostError."""
    checkpoints = _checkpoints_key(source_key)
    with translated():
        watches = await _watches(redis, checkpoints)
    for watch_id, fields in watches.items():
        if watch_id not in keep:
            keys = (held.key, _objects_key(source_key, watch_id), checkpoints)
            for start in range(0, len(fields), _SLICE):
                words = (held.token, *fields[start : start + _SLICE])
                _fenced(held, await _forget(redis, keys, words))


async def _watches(redis: Redis, checkpoints: str) -> dict[str, list[str]]:
    """The fields of each, of which one names it alone: one may have died before it had another."""
    fields: Any = await redis.hkeys(checkpoints)
    found: dict[str, list[str]] = {}
    for field in fields:
        name = field.decode()
        found.setdefault(name.partition("/")[0], []).append(name)
    return found


def _words(objects: Iterable[tuple[str, Noted | None]]) -> list[str | bytes]:
    return [
        word for uid, noted in objects for word in (uid, b"" if noted is None else _encoded(noted))
    ]


def _encoded(noted: Noted) -> bytes:
    return msgspec.json.encode(
        (noted.namespace, noted.name, noted.resource_version, int(noted.is_owned))
    )


def _decoded(value: bytes) -> Noted:
    namespace, name, version, is_owned = msgspec.json.decode(value, type=_Fields)
    return Noted(sys.intern(namespace), name, version, bool(is_owned))


def _fenced(held: Held, is_done: Any) -> None:
    if not is_done:
        raise TurnLostError(f"the turn {held.key} is another's")


_note = Script("note", "sources.kubernetes")
_forget = Script("forget", "sources.kubernetes")
